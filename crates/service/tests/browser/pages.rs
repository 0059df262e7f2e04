//! The pages as a person knows them: what each is for, and what is done there. Journeys speak in these words only.

use crate::harness::{CONNECTION, World, until};
use crate::window::Window;
use thirtyfour::By;

pub const ADMIN: &str = "admin";

/// The program as a service; the host and port of its console.
pub async fn served(world: &mut World) -> String {
    world.run_as_service().await;
    until("the console is open", || world.log().contains("the console is open")).await;
    let log = world.log();
    let (_, address) = log.split_once("address=http://").expect("the log says where");
    address.split('/').next().expect("a host").to_owned()
}

/// A window in which the admin that `init` made is signed in.
pub async fn as_admin(world: &World, home: &str) -> Window {
    let window = Window::at(home).await;
    window.goto("/").await;
    SignIn(&window).with(ADMIN, &first_password(world)).await;
    window.until_at("/").await;
    window
}

/// The password that `init` wrote.
pub fn first_password(world: &World) -> String {
    let file = world.data_folder().join("password-of-admin.txt");
    std::fs::read_to_string(file).unwrap().trim().to_owned()
}

pub fn order_path(id: &str) -> String {
    format!("/orders/{CONNECTION}/{id}")
}

/// Every page leads there.
pub struct Frame<'a>(pub &'a Window);

impl Frame<'_> {
    /// To a place of the navigation.
    pub async fn to(&self, place: &str) {
        let link = format!("//nav[@aria-label='Places']//a[starts-with(normalize-space(), \"{place}\")]");
        self.0.click(place, By::XPath(link)).await;
        let current = format!(
            "//nav[@aria-label='Places']//a[@aria-current][starts-with(normalize-space(), \"{place}\")]"
        );
        self.0
            .until(&format!("at {place}"), async || {
                self.0.driver().find(By::XPath(current.clone())).await.is_ok()
            })
            .await;
    }

    pub async fn sign_out(&self) {
        self.0.press("Sign out").await;
        self.0.until_at("/sign-in").await;
    }
}

pub struct SignIn<'a>(pub &'a Window);

impl SignIn<'_> {
    pub async fn with(&self, name: &str, password: &str) {
        self.0.says("Sign in").await;
        self.0.fill("E-mail or name", name).await;
        self.0.fill("Password", password).await;
        self.0.press("Sign in").await;
    }
}

pub struct Orders<'a>(pub &'a Window);

impl Orders<'_> {
    pub async fn find(&self, text: &str) {
        self.0.fill("Find", text).await;
        self.0.press("Show").await;
        let asked = format!("q={text}");
        self.0.until("the orders found are shown", async || self.0.path().await.contains(&asked)).await;
    }

    /// The numbers of the orders shown, in their order.
    pub async fn numbers(&self) -> Vec<String> {
        self.0.texts("#orders tbody th a").await
    }

    pub async fn open(&self, id: &str) {
        self.0.press(id).await;
        self.0.until_at(&order_path(id)).await;
    }
}

pub struct Order<'a>(pub &'a Window);

impl Order<'_> {
    /// The word beside the number.
    pub async fn state(&self) -> String {
        self.0.texts("#order .head .state").await.into_iter().next().unwrap_or_default()
    }

    pub async fn close_by_hand(&self, note: &str) {
        let form = "//form[contains(@action, '/close')]";
        self.0.press("Close by hand").await;
        let field = self.0.driver().find(By::XPath(format!("{form}//input[not(@type='hidden')]"))).await;
        field.expect("a note is asked for").send_keys(note).await.unwrap();
        self.0.click("the form's button", By::XPath(format!("{form}//button"))).await;
        // What is hard to take back is asked about on a page of its own, since no script runs here.
        let yes = By::XPath("//form[input[@name='sure']]//button");
        let noted = async || {
            if let Ok(yes) = self.0.driver().find(yes.clone()).await {
                yes.click().await.ok();
            }
            self.0.words().await.contains("The next cycle")
        };
        self.0.until("it is noted", noted).await;
    }

    pub async fn until_state(&self, word: &str) {
        self.0.until(&format!("the order is {word}"), async || self.state().await == word).await;
    }
}

pub struct Proof<'a>(pub &'a Window);

impl Proof<'_> {
    pub async fn compare(&self) {
        self.0.press("Compare now").await;
        self.0.until("it is compared", async || self.0.path().await.contains("compare=1")).await;
    }

    /// Each difference, order and what differs.
    pub async fn differences(&self) -> Vec<String> {
        self.0.texts("main section table.differences tbody tr").await
    }
}

pub struct People<'a>(pub &'a Window);

impl People<'_> {
    /// Lets somebody in; the password that is shown once.
    pub async fn add(&self, name: &str, role: &str) -> String {
        self.0.fill("E-mail or name", name).await;
        self.0.driver().find(By::Id("role")).await.unwrap().send_keys(role).await.unwrap();
        self.0.press("Add").await;
        self.0.says("This is shown once.").await;
        self.0.texts("#secret").await.remove(0)
    }
}
/// One step of it after the other.
pub struct NewConnection<'a>(pub &'a Window);

impl NewConnection<'_> {
    /// By the names of the settings.
    pub async fn fill(&self, settings: &[(&str, &str)]) {
        for (name, value) in settings {
            let field =
                self.0.driver().find(By::Id((*name).to_owned())).await.expect("the setting has a field");
            if field.tag_name().await.unwrap() == "select" {
                let option = format!("//select[@id='{name}']/option[@value='{value}']");
                self.0.click(value, By::XPath(option)).await;
            } else {
                field.clear().await.unwrap();
                field.send_keys(*value).await.unwrap();
            }
        }
    }
}

pub struct Connection<'a>(pub &'a Window);

impl Connection<'_> {
    pub async fn go_live(&self) {
        self.0.click("that the other is off", By::Css("input[name='previous_off']")).await;
        self.0.press("Go live").await;
        self.0.says("Live").await;
    }
}

pub struct Settings<'a>(pub &'a Window);

impl Settings<'_> {
    pub async fn open(&self, connection: &str) {
        self.0.goto(&format!("/connections/{connection}")).await;
        self.0.press("Change the settings").await;
        self.0.until_at(&format!("/connections/{connection}/settings")).await;
    }

    /// Key by key, as a person types.
    pub async fn type_note(&self, template: &str) {
        let field = self.0.driver().find(By::Id("note.template")).await.expect("the note has a template");
        field.clear().await.unwrap();
        field.send_keys(template).await.unwrap();
    }

    /// As the program shows it beside the template.
    pub async fn note(&self) -> String {
        self.0.texts("#note-shown").await.concat()
    }
}
