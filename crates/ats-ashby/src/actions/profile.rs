//! What the vendor's candidate lacks of what the caller knows: filled in, and never overwritten.

use ats_core::{Result, action::NewLocation};
use serde_json::{Value, json};

use super::{
    create::Made,
    desk::{CANDIDATE, Desk},
    links,
    people::Person,
    step::{Settling, Step},
    wish::Wish,
};
use crate::client::Body;

/// What was told of a candidate when it was made, so that nobody has to look.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The telephone number.
    pub(super) phone: bool,
    /// The place.
    pub(super) location: bool,
    /// The links that `candidate.create` takes, and further addresses.
    pub(super) rest: bool,
    /// The source and who is credited.
    pub(super) origin: bool,
}

/// Sends what is missing. The source and who is credited are set on new candidates only.
pub(super) async fn fill(
    desk: &Desk<'_>,
    wish: &Wish<'_>,
    made: &Made,
    told: &Told,
    source: Option<&str>,
) -> Result<()> {
    let links = links::read(&wish.candidate.social_links);
    let mut body = Body::new();
    if made.is_new && !told.origin {
        put(&mut body, "sourceId", source);
        put(&mut body, "creditedToUserId", wish.credited);
    }
    let person = person(desk, wish, made, told).await?;
    if !person.has_phone() {
        put(
            &mut body,
            "phoneNumber",
            wish.candidate.phone_number.as_deref(),
        );
    }
    let location = wish.candidate.location.as_ref();
    if let Some(location) = location.filter(|_| person.location.as_ref().is_none_or(Value::is_null))
    {
        body.insert("location".into(), place(location));
    }
    let known = person.social_links.as_deref().unwrap_or_default();
    if let Some(all) = links::merged(known, &links) {
        body.insert("socialLinks".into(), all.into());
    }
    if !body.is_empty() {
        update(desk, "update candidate", made, body).await?;
    }
    let further = &wish.candidate.additional_email_addresses;
    // One call takes one address. Each is a step of its own, however many were done before.
    for (index, address) in further.iter().enumerate() {
        let address = address.email_address.as_str();
        if !person.has_email(address) {
            let mut body = Body::new();
            put(&mut body, "alternateEmail", Some(address));
            let step = format!("further address {}", index + 1);
            update(desk, &step, made, body).await?;
        }
    }
    Ok(())
}

/// The candidate as it is; in a dry run for a new one, as it will be.
async fn person(desk: &Desk<'_>, wish: &Wish<'_>, made: &Made, told: &Told) -> Result<Person> {
    if !(made.is_new && (desk.is_dry() || told.rest)) {
        return Ok(desk
            .one(CANDIDATE, &made.candidate)
            .await?
            .unwrap_or_default());
    }
    let mut links = Body::new();
    let mut contacts = vec![json!({ "value": wish.candidate.email_address })];
    if told.rest {
        links::put_on_create(&links::read(&wish.candidate.social_links), &mut links);
        let further = &wish.candidate.additional_email_addresses;
        contacts.extend(
            further
                .iter()
                .map(|one| json!({ "value": one.email_address })),
        );
    }
    let links: Vec<Value> = links::of_created(links);
    let phone = wish.candidate.phone_number.as_ref().filter(|_| told.phone);
    let person = json!({
        "id": made.candidate,
        "emailAddresses": contacts,
        "phoneNumbers": phone.map(|number| [json!({ "value": number })]),
        "location": wish.candidate.location.as_ref().filter(|_| told.location).map(place),
        "socialLinks": links,
    });
    Ok(serde_json::from_value(person).unwrap_or_default())
}

async fn update(desk: &Desk<'_>, step: &str, made: &Made, mut body: Body) -> Result<()> {
    body.insert("candidateId".into(), made.candidate.as_str().into());
    body.insert("sendNotifications".into(), false.into());
    let endpoint = "candidate.update";
    Step::new(desk, step, endpoint, body.into(), Settling::Harmless)
        .run(desk)
        .await?;
    Ok(())
}

/// Puts a text into a body if there is one.
pub(super) fn put(body: &mut Body, member: &str, text: Option<&str>) {
    if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
        body.insert(member.to_owned(), text.into());
    }
}

/// A place as the vendor takes it.
pub(super) fn place(location: &NewLocation) -> Value {
    let mut place = Body::new();
    put(&mut place, "city", location.city.as_deref());
    put(&mut place, "region", location.state.as_deref());
    put(&mut place, "country", Some(&location.country));
    place.into()
}
