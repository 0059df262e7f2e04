//! What stands around every page: the places one can go, who is signed in, and what has just been done.

use crate::assets;

/// Around a page.
#[derive(Clone, Debug)]
pub struct Frame {
    pub current: Place,
    pub person: Option<Person>,
    /// Proves that a form was served to this session.
    pub csrf: String,
    /// Problems that wait for somebody.
    pub problems: usize,
    /// What is true of the whole program and must be seen on every page, such as a trial.
    pub banner: Option<String>,
    pub notice: Option<Notice>,
    pub build: u64,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    pub role: &'static str,
    pub is_admin: bool,
}

/// What came of the last action.
#[derive(Clone, Debug)]
pub struct Notice {
    pub words: String,
    pub bad: bool,
}

/// A place of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Overview,
    Orders,
    Pending,
    Problems,
    Proof,
    Activity,
    Connections,
    People,
    Nowhere,
}

/// A line of the navigation.
pub struct PlaceLine {
    pub word: &'static str,
    pub href: &'static str,
    /// One of `templates/shapes.html`.
    pub shape: &'static str,
    pub current: bool,
    pub count: usize,
}

impl Frame {
    pub fn new(current: Place, person: Option<Person>, csrf: &str) -> Frame {
        Frame {
            current,
            person,
            csrf: csrf.to_owned(),
            problems: 0,
            banner: None,
            notice: None,
            build: assets::build(),
        }
    }

    pub fn is_admin(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.is_admin)
    }

    pub fn places(&self) -> Vec<PlaceLine> {
        let all = [
            (Place::Overview, "Overview", "/", "at-overview"),
            (Place::Orders, "Orders", "/orders", "at-orders"),
            (Place::Problems, "Problems", "/problems", "at-problems"),
            (Place::Pending, "Before approval", "/pending", "at-pending"),
            (Place::Proof, "Proof", "/proof", "at-proof"),
            (Place::Activity, "Activity", "/activity", "at-activity"),
            (Place::Connections, "Connections", "/connections", "at-connections"),
            (Place::People, "People", "/people", "at-people"),
        ];
        let may = |place: Place| {
            place != Place::People || self.person.as_ref().is_some_and(|person| person.is_admin)
        };
        all.into_iter()
            .filter(|(place, ..)| may(*place))
            .map(|(place, word, href, shape)| PlaceLine {
                word,
                href,
                shape,
                current: place == self.current,
                count: if place == Place::Problems { self.problems } else { 0 },
            })
            .collect()
    }
}
