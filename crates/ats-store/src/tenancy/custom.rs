//! Custom fields: names that the owner of an environment gives to what vendors call differently.

/// A custom field of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomField {
    /// Its id.
    pub id: String,
    /// The environment that it belongs to.
    pub environment: String,
    /// The model whose records show it, by its name.
    pub model: String,
    /// What records call it.
    pub key: String,
    /// What people call it.
    pub label: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// Where the value of a custom field comes from, for one integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomMapping {
    /// The id of the custom field.
    pub custom_field: String,
    /// The id of the vendor's field.
    pub integration_field: String,
}
