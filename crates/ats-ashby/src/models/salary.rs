//! The pay of a job: which of the vendor's several statements of it counts.
//!
//! Pay that the customer hides on its job board is not taken from the posting.

use std::cmp::Ordering;

use ats_core::{Document, Mapped, Open, model::SalaryPeriod};
use serde::Deserialize;
use serde_json::Number;

use crate::wire::{lose, text};

/// Pay as a posting states it. Ashby API reference, `compensation` of `jobPosting.info`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WirePostingPay {
    summary_components: Option<Vec<Option<WireComponent>>>,
    compensation_tiers: Option<Vec<Option<WireTier>>>,
    // Two spellings: the vendor's document has the long one, its answers the short one too.
    should_display_compensation_on_job_board: Option<bool>,
    should_display_compensation: Option<bool>,
}

/// Pay as a job states it. Ashby API reference, `compensation` of `job.list`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireJobPay {
    compensation_tiers: Option<Vec<Option<WireTier>>>,
}

#[derive(Debug, Deserialize)]
struct WireTier {
    components: Option<Vec<Option<WireComponent>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireComponent {
    compensation_type: Option<String>,
    interval: Option<String>,
    currency_code: Option<String>,
    min_value: Option<Number>,
    max_value: Option<Number>,
}

/// A salary as the unified job shows it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Salary {
    /// Lower end.
    pub(crate) from: Option<Number>,
    /// Upper end.
    pub(crate) to: Option<Number>,
    /// Currency code.
    pub(crate) currency: Option<String>,
    /// What it pays for.
    pub(crate) period: Option<Open<SalaryPeriod>>,
}

/// The range of one statement.
struct Range<'a> {
    from: Option<&'a Number>,
    to: Option<&'a Number>,
    currency: Option<String>,
    interval: Option<String>,
}

impl WirePostingPay {
    /// Whether the customer hides the pay on its job board.
    pub(crate) fn is_hidden(&self) -> bool {
        let flags = [
            self.should_display_compensation_on_job_board,
            self.should_display_compensation,
        ];
        flags.contains(&Some(false))
    }

    fn range(&self) -> Option<Range<'_>> {
        summary(self.summary_components.as_deref())
            .or_else(|| tiers(self.compensation_tiers.as_deref()))
    }
}

/// The salary: what the posting states, else what the job itself does. Each comes with the document
/// that it stands in.
pub(crate) fn salary(
    posting: Option<(&WirePostingPay, &Document)>,
    own: Option<(&WireJobPay, &Document)>,
    mapped: &mut Mapped,
) -> Salary {
    let posting = posting.filter(|(pay, _)| !pay.is_hidden());
    if let Some((pay, document)) = posting {
        let summary = pay.summary_components.as_deref();
        report_odd(summary, "/compensation/summaryComponents", document, mapped);
        report_odd_tiers(pay.compensation_tiers.as_deref(), document, mapped);
    }
    if let Some((pay, document)) = own {
        report_odd_tiers(pay.compensation_tiers.as_deref(), document, mapped);
    }
    let stated = posting.and_then(|(pay, _)| pay.range());
    let own = || tiers(own?.0.compensation_tiers.as_deref());
    let Some(range) = stated.or_else(own) else {
        return Salary::default();
    };
    let Range {
        from,
        to,
        currency,
        interval,
    } = range;
    Salary {
        from: from.cloned(),
        to: to.cloned(),
        currency,
        period: interval.and_then(period),
    }
}

/// The first salary of a summary decides alone: the others are alternatives in other currencies.
fn summary(components: Option<&[Option<WireComponent>]>) -> Option<Range<'_>> {
    let mut components = components?.iter().flatten();
    let salary = components.find(|component| component.is_salary())?;
    Some(Range {
        from: salary.min_value.as_ref(),
        to: salary.max_value.as_ref(),
        currency: salary.currency(),
        interval: salary.interval(),
    })
}

/// The first salary of the tiers fixes currency and interval; the range spans all salaries that
/// have the same.
fn tiers(tiers: Option<&[Option<WireTier>]>) -> Option<Range<'_>> {
    let mut range: Option<Range<'_>> = None;
    for salary in tiers.into_iter().flat_map(salaries) {
        let (currency, interval) = (salary.currency(), salary.interval());
        let range = range.get_or_insert_with(|| Range {
            from: None,
            to: None,
            currency: currency.clone(),
            interval: interval.clone(),
        });
        if (&range.currency, &range.interval) == (&currency, &interval) {
            range.from = extreme(range.from, salary.min_value.as_ref(), Ordering::Less);
            range.to = extreme(range.to, salary.max_value.as_ref(), Ordering::Greater);
        }
    }
    range
}

fn salaries(tiers: &[Option<WireTier>]) -> impl Iterator<Item = &WireComponent> {
    let components = tiers.iter().flatten().flat_map(|tier| &tier.components);
    let salary = |component: &&WireComponent| component.is_salary();
    components.flatten().flatten().filter(salary)
}

impl WireComponent {
    fn is_salary(&self) -> bool {
        self.compensation_type
            .as_deref()
            .is_some_and(|kind| kind.trim() == "Salary")
    }

    fn currency(&self) -> Option<String> {
        text(self.currency_code.clone())
    }

    fn interval(&self) -> Option<String> {
        text(self.interval.clone())
    }
}

fn extreme<'a>(
    best: Option<&'a Number>,
    next: Option<&'a Number>,
    wanted: Ordering,
) -> Option<&'a Number> {
    match (best, next) {
        (Some(best), Some(next)) => {
            let order = next.as_f64().partial_cmp(&best.as_f64());
            Some(if order == Some(wanted) { next } else { best })
        }
        (best, next) => best.or(next),
    }
}

/// The unified period. Half a month is not two weeks, so it stays what the vendor calls it.
fn period(interval: String) -> Option<Open<SalaryPeriod>> {
    Some(match interval.as_str() {
        "1 YEAR" => SalaryPeriod::Year.into(),
        "1 MONTH" => SalaryPeriod::Month.into(),
        "2 WEEK" => SalaryPeriod::TwoWeeks.into(),
        "1 WEEK" => SalaryPeriod::Week.into(),
        "1 DAY" => SalaryPeriod::Day.into(),
        "1 HOUR" => SalaryPeriod::Hour.into(),
        "NONE" | "1 TIME" => return None,
        _ => Open::Other(interval),
    })
}

/// The kinds of pay of the vendor's document.
const KINDS: &[&str] = &[
    "Salary",
    "EquityPercentage",
    "EquityCashValue",
    "Commission",
    "Bonus",
];

/// The intervals of the vendor's document.
const INTERVALS: &[&str] = &[
    "NONE",
    "1 TIME",
    "1 HOUR",
    "1 DAY",
    "1 WEEK",
    "2 WEEK",
    "0.5 MONTH",
    "1 MONTH",
    "2 MONTH",
    "3 MONTH",
    "6 MONTH",
    "1 YEAR",
];

fn report_odd_tiers(tiers: Option<&[Option<WireTier>]>, document: &Document, mapped: &mut Mapped) {
    for (index, tier) in tiers.into_iter().flatten().enumerate() {
        let components = tier.as_ref().and_then(|tier| tier.components.as_deref());
        let path = format!("/compensation/compensationTiers/{index}/components");
        report_odd(components, &path, document, mapped);
    }
}

/// Notes what may make a component count for nothing, or for something else than it is.
fn report_odd(
    components: Option<&[Option<WireComponent>]>,
    path: &str,
    document: &Document,
    mapped: &mut Mapped,
) {
    for (index, component) in components.into_iter().flatten().enumerate() {
        let Some(component) = component else { continue };
        let mut odd = |key: &str, expected| {
            lose(document, &format!("{path}/{index}/{key}"), expected, mapped);
        };
        let is_in = |value: &Option<String>, known: &[&str]| {
            text(value.clone()).is_none_or(|value| known.contains(&value.as_str()))
        };
        if !is_in(&component.compensation_type, KINDS) {
            odd("compensationType", "a known kind of pay");
        }
        if !component.is_salary() {
            continue;
        }
        if !is_in(&component.interval, INTERVALS) {
            odd("interval", "a known interval");
        }
        if !component.currency().is_none_or(|code| is_code(&code)) {
            odd("currencyCode", "an ISO 4217 code");
        }
    }
}

fn is_code(currency: &str) -> bool {
    currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn component(kind: &str, interval: &str, currency: &str, min: Value, max: Value) -> Value {
        json!({
            "compensationType": kind, "interval": interval, "currencyCode": currency,
            "minValue": min, "maxValue": max,
        })
    }

    /// The salary of a posting and a job that state their pay so: from, to, currency, period.
    fn show(posting: Value, job: Value) -> (Value, Vec<String>) {
        let posting_document = Document::new("jobPosting.info", "/results", &posting);
        let job_document = Document::new("job.list", "/results/*", &job);
        let posting: Option<WirePostingPay> = serde_json::from_value(posting).unwrap();
        let job: Option<WireJobPay> = serde_json::from_value(job).unwrap();
        let mut mapped = Mapped::default();
        let Salary {
            from,
            to,
            currency,
            period,
        } = salary(
            posting.as_ref().map(|pay| (pay, &posting_document)),
            job.as_ref().map(|pay| (pay, &job_document)),
            &mut mapped,
        );
        let losses = mapped
            .losses
            .iter()
            .map(|loss| format!("{}{}", loss.endpoint, loss.path));
        (json!([from, to, currency, period]), losses.collect())
    }

    fn year(currency: &str, min: u32, max: u32) -> Value {
        component("Salary", "1 YEAR", currency, min.into(), max.into())
    }

    #[test]
    fn the_first_salary_of_the_summary_decides_alone() {
        let bonus = component("Bonus", "1 TIME", "EUR", 1.into(), 2.into());
        let posting = json!({
            "summaryComponents": [null, bonus, year("EUR", 10, 20), year("USD", 5, 50)],
            "compensationTiers": [{ "components": [year("EUR", 1, 99)] }],
        });
        assert_eq!(show(posting, Value::Null).0, json!([10, 20, "EUR", "YEAR"]));
    }

    #[test]
    fn tiers_span_the_salaries_of_the_first_ones_currency_and_interval() {
        let hour = component("Salary", "1 HOUR", "EUR", 1.into(), 999.into());
        let open = component("Salary", "1 YEAR", "EUR", Value::Null, 25.5.into());
        let tiers = json!([
            { "components": [year("EUR", 10, 20), year("USD", 1, 99)] },
            null,
            { "components": [hour, open, year("EUR", 8, 9)] },
        ]);
        let posting = json!({ "summaryComponents": [], "compensationTiers": tiers });
        assert_eq!(
            show(posting, Value::Null).0,
            json!([8, 25.5, "EUR", "YEAR"])
        );
    }

    #[test]
    fn hidden_pay_is_not_taken_from_the_posting_in_either_spelling() {
        let job = json!({ "compensationTiers": [{ "components": [year("CHF", 1, 2)] }] });
        for flag in [
            "shouldDisplayCompensationOnJobBoard",
            "shouldDisplayCompensation",
        ] {
            let posting = json!({ "summaryComponents": [year("EUR", 10, 20)], flag: false });
            assert_eq!(
                show(posting, job.clone()).0,
                json!([1, 2, "CHF", "YEAR"]),
                "{flag}"
            );
        }
    }

    #[test]
    fn intervals_without_a_unified_word_pass_through_and_unheard_values_are_reported() {
        let pay = |kind, interval, currency| {
            let salary = component(kind, interval, currency, 1.into(), 2.into());
            let (shown, losses) = show(json!({ "summaryComponents": [salary] }), Value::Null);
            (shown[3].clone(), losses)
        };
        let salary = |interval| pay("Salary", interval, "EUR");
        let at = |key| {
            vec![format!(
                "jobPosting.info/compensation/summaryComponents/0/{key}"
            )]
        };
        assert_eq!(salary("2 WEEK"), (json!("TWO_WEEKS"), vec![]));
        assert_eq!(salary("0.5 MONTH"), (json!("0.5 MONTH"), vec![]));
        assert_eq!(salary("1 TIME"), (Value::Null, vec![]));
        assert_eq!(salary("1 MOON"), (json!("1 MOON"), at("interval")));
        assert_eq!(
            pay("Salary", "1 DAY", "euro"),
            (json!("DAY"), at("currencyCode"))
        );
        assert_eq!(
            pay("Tips", "1 DAY", "EUR"),
            (Value::Null, at("compensationType"))
        );
    }

    #[test]
    fn odd_tiers_are_reported_where_they_stand() {
        let tips = component("Tips", "1 DAY", "EUR", 1.into(), 2.into());
        let tiers = json!([null, { "components": [year("EUR", 1, 2), tips] }]);
        let (_, losses) = show(Value::Null, json!({ "compensationTiers": tiers }));
        let at = "job.list/compensation/compensationTiers/1/components/1/compensationType";
        assert_eq!(losses, [at]);
    }
}
