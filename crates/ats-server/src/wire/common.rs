//! What many answers have in common: closed words, contact data, places.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// Declares an enum whose words clients know one by one; they refuse any other.
macro_rules! closed {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub(crate) enum $name {
            $($(#[$word_doc])* #[serde(rename = $text)] $word,)*
        }
    )*};
}

pub(super) use closed;

closed! {
    /// Whether something is in use.
    Activity {
        /// It is.
        Active = "ACTIVE",
        /// It is not.
        Inactive = "INACTIVE",
    }
    /// How an application ended.
    Outcome {
        /// It has not ended.
        Pending = "PENDING",
        /// The candidate was hired.
        Hired = "HIRED",
        /// The candidate was not.
        Declined = "DECLINED",
    }
    /// A role that the unified API has a word for.
    RoleType {
        /// Decides about the job.
        HiringManager = "HIRING_MANAGER",
        /// Runs the process.
        Recruiter = "RECRUITER",
        /// Arranges meetings.
        Coordinator = "COORDINATOR",
        /// Finds candidates.
        Sourcer = "SOURCER",
        /// Talks to candidates.
        Interviewer = "INTERVIEWER",
        /// Administers the account.
        Admin = "ADMIN",
    }
    /// A role in the team of a job.
    HiringTeamRole {
        /// Decides about the job.
        HiringManager = "HIRING_MANAGER",
        /// Runs the process.
        Recruiter = "RECRUITER",
        /// Arranges meetings.
        Coordinator = "COORDINATOR",
        /// Finds candidates.
        Sourcer = "SOURCER",
        /// Talks to candidates.
        Interviewer = "INTERVIEWER",
    }
    /// Where a role holds.
    RoleScope {
        /// In the whole account.
        System = "SYSTEM",
        /// In a job.
        Job = "JOB",
    }
    /// What a file is.
    FileType {
        /// A curriculum vitae.
        Cv = "CV",
        /// A letter that comes with it.
        CoverLetter = "COVER_LETTER",
        /// Something else.
        Other = "OTHER",
    }
}

impl From<HiringTeamRole> for RoleType {
    fn from(role: HiringTeamRole) -> Self {
        match role {
            HiringTeamRole::HiringManager => Self::HiringManager,
            HiringTeamRole::Recruiter => Self::Recruiter,
            HiringTeamRole::Coordinator => Self::Coordinator,
            HiringTeamRole::Sourcer => Self::Sourcer,
            HiringTeamRole::Interviewer => Self::Interviewer,
        }
    }
}

/// A closed word; one that clients do not know is left out.
pub(super) fn known<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    Ok(value.and_then(|value| serde_json::from_value(value).ok()))
}

/// A list of closed words, or of things that hold some; those that clients do not know are left out.
pub(super) fn all_known<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let values = Option::<Vec<Value>>::deserialize(deserializer)?;
    let values = values.unwrap_or_default().into_iter();
    Ok(values
        .filter_map(|value| serde_json::from_value(value).ok())
        .collect())
}

/// A place.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Location {
    /// City.
    #[serde(default)]
    city: Option<String>,
    /// ISO 3166 code of two letters where it is known, otherwise the text as it stood.
    #[serde(default)]
    country: Option<String>,
    /// The whole address where there is only one text.
    #[serde(default)]
    raw: Option<String>,
    /// State or region.
    #[serde(default)]
    state: Option<String>,
    /// Street and number.
    #[serde(default)]
    street_1: Option<String>,
    /// What does not fit there.
    #[serde(default)]
    street_2: Option<String>,
    /// Postal code.
    #[serde(default)]
    zip_code: Option<String>,
}

/// An e-mail address.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Email {
    /// The address.
    pub(super) email_address: String,
    /// What kind it is, such as `PERSONAL`.
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

/// A phone number as it was entered.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Phone {
    /// The number.
    phone_number: String,
    /// What kind it is, such as `WORK`.
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

/// A profile or a web site.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SocialMedia {
    /// Its address.
    #[serde(default)]
    link: Option<String>,
    /// What kind it is, such as `LINKEDIN`.
    #[serde(default, rename = "type")]
    kind: Option<String>,
    /// The person's name there.
    #[serde(default)]
    username: Option<String>,
}

/// A job in few words.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct JobName {
    /// Our id.
    id: String,
    /// What it is called.
    #[serde(default)]
    name: Option<String>,
    /// The vendor's id.
    remote_id: String,
}

/// A user in few words.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct UserName {
    /// Our id.
    pub(super) id: String,
    /// The vendor's id.
    #[serde(default)]
    pub(super) remote_id: Option<String>,
    /// Given name.
    #[serde(default)]
    pub(super) first_name: Option<String>,
    /// Family name.
    #[serde(default)]
    pub(super) last_name: Option<String>,
    /// E-mail address.
    #[serde(default)]
    pub(super) email: Option<String>,
}

/// A tag on a candidate.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TagName {
    /// Our id.
    id: String,
    /// The label.
    #[serde(default)]
    name: Option<String>,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
}

/// What records show of the vendor's own fields, and under which names.
#[derive(Debug, Default)]
pub(super) struct FieldsShown {
    /// The ids of those that stand among the `integration_fields`.
    pub(super) passed_through: BTreeSet<String>,
    /// For custom fields of the model: their keys, and the ids of what is mapped to them.
    pub(super) mapped: Vec<(String, String)>,
}

/// A shape with fields of the vendor.
pub(super) trait HasFields {
    /// The fields of the vendor, and the custom fields by name.
    fn fields(&mut self) -> (&mut Vec<IntegrationField>, &mut Option<Map<String, Value>>);

    /// Leaves what is to be shown.
    fn show(&mut self, shown: &FieldsShown) {
        let (fields, custom) = self.fields();
        for (key, id) in &shown.mapped {
            let value = fields.iter().find(|field| field.id == *id);
            let value = value.map(|field| field.value.clone()).unwrap_or_default();
            custom.get_or_insert_default().insert(key.clone(), value);
        }
        fields.retain(|field| shown.passed_through.contains(&field.id));
    }
}

/// A field that the vendor defines, with the record's value.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct IntegrationField {
    /// Its id.
    pub(super) id: String,
    /// What the vendor calls it.
    pub(super) key: String,
    /// Whether the vendor or the customer made it.
    #[serde(rename = "type")]
    kind: FieldOrigin,
    /// The record's value.
    #[serde(default)]
    pub(super) value: Value,
    /// What people call it.
    #[serde(default)]
    label: Option<String>,
}

closed! {
    /// Who made a field.
    FieldOrigin {
        /// The vendor.
        Default = "DEFAULT",
        /// The customer.
        Custom = "CUSTOM",
    }
}
