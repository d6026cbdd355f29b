//! Candidates: names, contacts, links, tags, and how many applications each has.

use std::sync::Arc;

use serde_json::{Value, json};

use super::dice::{BEGIN, DAY, Dice, HOUR, Kind, SPAN, id, time};
use super::organisation::Organisation;
use super::words::{COMPANIES, FIRST_NAMES, LAST_NAMES, LINKS, PLACES, POSITIONS, SCHOOLS};
use crate::world::Maker;

impl Organisation {
    /// How many applications a candidate has: none to three.
    pub(super) fn application_count(&self, candidate: u64) -> u64 {
        match Dice::new(self.seed, Kind::Application, candidate * 4).below(100) {
            0..4 => 0,
            4..64 => 1,
            64..92 => 2,
            _ => 3,
        }
    }

    /// When a candidate appeared. A later candidate appeared later.
    pub(super) fn candidate_created(&self, candidate: u64) -> i64 {
        let step = SPAN / i64::try_from(self.candidates).unwrap_or(1).max(1);
        BEGIN + 2 * DAY + step * i64::try_from(candidate).unwrap_or(0)
    }

    pub(super) fn candidate_name(&self, candidate: u64) -> String {
        let mut dice = Dice::new(self.seed, Kind::Candidate, candidate);
        let first = dice.word(FIRST_NAMES);
        match dice.below(20) {
            0 => first.to_owned(),
            _ => format!("{first} {}", dice.word(LAST_NAMES)),
        }
    }

    pub(super) fn candidate_mail(&self, candidate: u64) -> String {
        format!("candidate{candidate}@example.com")
    }

    /// The primary phone number, if the candidate has one.
    pub(super) fn candidate_phone(&self, candidate: u64) -> Option<Value> {
        let number = format!("+1 555 01{:02} x{candidate}", candidate % 100);
        (candidate % 4 != 3)
            .then(|| json!({ "value": number, "type": "Personal", "isPrimary": true }))
    }

    pub(super) fn candidate_contact(&self, candidate: u64) -> Value {
        let mail = self.candidate_mail(candidate);
        json!({ "value": mail, "type": "Personal", "isPrimary": true })
    }

    pub(super) fn resume(&self, candidate: u64) -> Value {
        json!({
            "id": id(self.seed, Kind::File, 1_000 + candidate),
            "name": format!("resume-{candidate}.pdf"),
            "handle": format!("synthetic-resume-{candidate}"),
        })
    }

    fn candidate(&self, candidate: u64) -> Value {
        let seed = self.seed;
        let mut dice = Dice::new(seed, Kind::Candidate, candidate ^ (1 << 40));
        let created = self.candidate_created(candidate);
        let own = id(seed, Kind::Candidate, candidate);
        let contact = self.candidate_contact(candidate);
        let mut mails = vec![contact.clone()];
        for (place, kind) in ["Work", "Other"]
            .into_iter()
            .take(dice.place(3))
            .enumerate()
        {
            let mail = format!("candidate{candidate}.{place}@example.org");
            mails.push(json!({ "value": mail, "type": kind, "isPrimary": false }));
        }
        let phone = self.candidate_phone(candidate);
        let mut phones: Vec<Value> = phone.iter().cloned().collect();
        if !phones.is_empty() && dice.chance(30) {
            let number = format!("+1 555 0199 x{candidate}");
            phones.push(json!({ "value": number, "type": "Work", "isPrimary": false }));
        }
        let links: Vec<Value> = (0..dice.below(4))
            .map(|_| LINKS[dice.place(LINKS.len())])
            .map(|(kind, url)| json!({ "type": kind, "url": format!("{url}person{candidate}") }))
            .collect();
        let applications: Vec<String> = (0..self.application_count(candidate))
            .map(|k| id(seed, Kind::Application, candidate * 4 + k))
            .collect();
        let mut document = json!({
            "id": own,
            "createdAt": time(created),
            "updatedAt": time(created + HOUR),
            "name": self.candidate_name(candidate),
            "primaryEmailAddress": contact,
            "emailAddresses": mails,
            "phoneNumbers": phones,
            "socialLinks": links,
            "tags": self.some_tags(&mut dice),
            "applicationIds": applications,
            "fileHandles": [],
            "customFields": self.field_values(&mut dice, "Candidate"),
            "profileUrl": format!(
                "https://app.ashbyhq.com/candidate-searches/new/right-side/candidates/{own}"
            ),
            "source": dice.document(&self.sources),
            "creditedToUser": dice.chance(20).then(|| dice.document(&self.users)),
            "timezone": null,
            "fraudStatus": null,
        });
        if let Some(phone) = phone {
            document["primaryPhoneNumber"] = phone;
        }
        self.adorn(&mut document, candidate, &mut dice);
        document
    }

    /// Adds what only some candidates have.
    fn adorn(&self, document: &mut Value, candidate: u64, dice: &mut Dice) {
        if dice.chance(70) {
            document["position"] = json!(dice.word(POSITIONS));
            document["company"] = json!(dice.word(COMPANIES));
        }
        if dice.chance(50) {
            document["school"] = json!(dice.word(SCHOOLS));
        }
        if dice.chance(80) {
            let resume = self.resume(candidate);
            document["fileHandles"] = json!([resume]);
            document["resumeFileHandle"] = resume;
        }
        if dice.chance(85) {
            let place = dice.place(PLACES.len());
            let (city, region, country, zone) = PLACES[place];
            document["timezone"] = json!(zone);
            document["location"] = json!({
                "id": id(self.seed, Kind::Location, 1_000 + place as u64),
                "locationSummary": format!("{city}, {region}, {country}"),
                "locationComponents": [
                    { "type": "City", "name": city },
                    { "type": "Region", "name": region },
                    { "type": "Country", "name": country },
                ],
            });
        }
    }

    fn some_tags(&self, dice: &mut Dice) -> Vec<Value> {
        let tags = self.tags.iter();
        tags.filter(|_| dice.chance(25)).cloned().collect()
    }
}

/// Makes candidates.
pub(super) struct Candidates(pub(super) Arc<Organisation>);

impl Maker for Candidates {
    fn make(&self, index: u64) -> Value {
        self.0.candidate(index)
    }
}
