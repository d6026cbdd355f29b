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

/// The range of one statement, and where its interval stands in the document.
struct Range<'a> {
    from: Option<&'a Number>,
    to: Option<&'a Number>,
    currency: Option<String>,
    interval: Option<String>,
    path: String,
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
    let posting = posting
        .filter(|(pay, _)| !pay.is_hidden())
        .and_then(|(pay, document)| Some((pay.range()?, document)));
    let own = || {
        let (pay, document) = own?;
        Some((tiers(pay.compensation_tiers.as_deref())?, document))
    };
    let Some((range, document)) = posting.or_else(own) else {
        return Salary::default();
    };
    let Range {
        from,
        to,
        currency,
        interval,
        path,
    } = range;
    Salary {
        from: from.cloned(),
        to: to.cloned(),
        currency,
        period: interval.and_then(|interval| period(interval, document, &path, mapped)),
    }
}

/// The first salary of a summary decides alone: the others are alternatives in other currencies.
fn summary(components: Option<&[Option<WireComponent>]>) -> Option<Range<'_>> {
    let mut components = components?.iter().enumerate();
    let (index, component) = components.find_map(|(index, component)| {
        Some((
            index,
            component
                .as_ref()
                .filter(|component| component.is_salary())?,
        ))
    })?;
    Some(Range {
        from: component.min_value.as_ref(),
        to: component.max_value.as_ref(),
        currency: component.currency(),
        interval: component.interval(),
        path: format!("/compensation/summaryComponents/{index}/interval"),
    })
}

/// The first salary of the tiers fixes currency and interval; the range spans all salaries that
/// have the same.
fn tiers(tiers: Option<&[Option<WireTier>]>) -> Option<Range<'_>> {
    let mut range: Option<Range<'_>> = None;
    for (tier, component, salary) in tiers.into_iter().flat_map(salaries) {
        let (currency, interval) = (salary.currency(), salary.interval());
        let range = range.get_or_insert_with(|| Range {
            from: None,
            to: None,
            currency: currency.clone(),
            interval: interval.clone(),
            path: format!("/compensation/compensationTiers/{tier}/components/{component}/interval"),
        });
        if (&range.currency, &range.interval) == (&currency, &interval) {
            range.from = extreme(range.from, salary.min_value.as_ref(), Ordering::Less);
            range.to = extreme(range.to, salary.max_value.as_ref(), Ordering::Greater);
        }
    }
    range
}

/// All salaries of the tiers, each with the positions of its tier and of itself within that.
fn salaries(tiers: &[Option<WireTier>]) -> impl Iterator<Item = (usize, usize, &WireComponent)> {
    tiers.iter().enumerate().flat_map(|(tier, content)| {
        let components = content
            .iter()
            .flat_map(|content| &content.components)
            .flatten();
        let salary = |component: &&Option<WireComponent>| {
            component.as_ref().is_some_and(WireComponent::is_salary)
        };
        components
            .enumerate()
            .filter(move |(_, component)| salary(component))
            .filter_map(move |(index, component)| Some((tier, index, component.as_ref()?)))
    })
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
fn period(
    interval: String,
    document: &Document,
    path: &str,
    mapped: &mut Mapped,
) -> Option<Open<SalaryPeriod>> {
    Some(match interval.as_str() {
        "1 YEAR" => SalaryPeriod::Year.into(),
        "1 MONTH" => SalaryPeriod::Month.into(),
        "2 WEEK" => SalaryPeriod::TwoWeeks.into(),
        "1 WEEK" => SalaryPeriod::Week.into(),
        "1 DAY" => SalaryPeriod::Day.into(),
        "1 HOUR" => SalaryPeriod::Hour.into(),
        "NONE" | "1 TIME" => return None,
        "6 MONTH" | "3 MONTH" | "2 MONTH" | "0.5 MONTH" => Open::Other(interval),
        _ => {
            lose(document, path, "a known interval", mapped);
            Open::Other(interval)
        }
    })
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
    fn intervals_without_a_unified_word_pass_through_and_unheard_ones_are_reported() {
        let pay = |interval| {
            let salary = component("Salary", interval, "EUR", 1.into(), 2.into());
            let (shown, losses) = show(json!({ "summaryComponents": [salary] }), Value::Null);
            (shown[3].clone(), losses.len())
        };
        assert_eq!(pay("2 WEEK"), (json!("TWO_WEEKS"), 0));
        assert_eq!(pay("0.5 MONTH"), (json!("0.5 MONTH"), 0));
        assert_eq!(pay("1 TIME"), (Value::Null, 0));
        assert_eq!(pay("1 MOON"), (json!("1 MOON"), 1));
    }
}
