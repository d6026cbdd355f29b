//! Words that synthetic people and jobs are made of.

pub(super) const FIRST_NAMES: &[&str] = &[
    "Ada", "Amira", "Anaïs", "Ben", "Chidi", "Chloé", "Dmitri", "Elif", "Emeka", "Farah", "Gia",
    "Hana", "Ingrid", "Iván", "Jonas", "José", "Kaito", "Lars", "Leila", "Linh", "Mateo", "Mei",
    "Nadia", "Noor", "Olga", "Oscar", "Priya", "Quinn", "Rahel", "Ravi", "Sofía", "Søren", "Tariq",
    "Uma", "Viktor", "Wanjiru", "Xin", "Yusuf", "Zoë", "佳音",
];

pub(super) const LAST_NAMES: &[&str] = &[
    "Abara",
    "Almeida",
    "Bauer",
    "Berg",
    "Chen",
    "Costa",
    "Dahl",
    "Diallo",
    "Evans",
    "Fischer",
    "García Márquez",
    "Haddad",
    "Ito",
    "Jansen",
    "Kaya",
    "Kowalski",
    "Larsen",
    "Lin",
    "Meyer",
    "Müller-Åström",
    "Nguyen",
    "O'Brien",
    "Okafor",
    "Patel",
    "Quispe",
    "Rossi",
    "Sato",
    "Schäfer",
    "Silva",
    "Singh",
    "Tanaka",
    "Ueda",
    "van der Berg",
    "Varga",
    "Wójcik",
    "Yılmaz",
    "Zhang",
];

pub(super) const COMPANIES: &[&str] = &[
    "Northwind Traders",
    "Krabbe & Söhne GmbH",
    "Blue Yonder Labs",
    "Contoso",
    "Fabrikam",
    "Example Freight",
    "Lumen \"Glass\" Ltd",
    "Tailspin Toys",
];

pub(super) const POSITIONS: &[&str] = &[
    "Software Engineer",
    "Staff Engineer",
    "Product Manager",
    "Account Executive",
    "Data Analyst",
    "Office Manager",
    "Designer",
    "Recruiter",
];

pub(super) const SCHOOLS: &[&str] = &[
    "TU München",
    "University of Lagos",
    "Universidad de Chile",
    "Kyoto University",
    "Example College",
];

pub(super) const TEAMS: &[&str] = &[
    "Engineering",
    "Platform",
    "Product",
    "Design",
    "Sales",
    "Finance",
    "People",
    "Support",
];

/// City, region, country, time zone.
pub(super) const PLACES: &[(&str, &str, &str, &str)] = &[
    ("Berlin", "Berlin", "Germany", "Europe/Berlin"),
    ("München", "Bayern", "Germany", "Europe/Berlin"),
    ("New York", "New York", "United States", "America/New_York"),
    (
        "San Francisco",
        "California",
        "United States",
        "America/Los_Angeles",
    ),
    ("London", "England", "United Kingdom", "Europe/London"),
    ("São Paulo", "São Paulo", "Brazil", "America/Sao_Paulo"),
    ("Tokyo", "Tokyo", "Japan", "Asia/Tokyo"),
    ("Lagos", "Lagos", "Nigeria", "Africa/Lagos"),
];

pub(super) const LINKS: &[(&str, &str)] = &[
    ("LinkedIn", "https://www.linkedin.com/in/"),
    ("GitHub", "https://github.com/"),
    ("Twitter", "https://twitter.com/"),
    ("Medium", "https://medium.com/@"),
    ("StackOverflow", "https://stackoverflow.com/users/"),
    ("YouTube", "https://www.youtube.com/@"),
    ("CodePen", "https://codepen.io/"),
    ("Website", "https://example.com/~"),
];

pub(super) const SENTENCES: &[&str] = &[
    "I built a queue that never forgot a job.",
    "Line one.\nLine two.",
    "Über 10 Jahre Erfahrung – \"quotes\" & <angles>.",
    "すべてをテストします。",
];
