//! A browser of one person: keeps cookies, sends the form token of the page it saw last, follows nothing by itself.

use std::collections::BTreeMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Clone, Debug)]
pub struct Browser {
    /// Host and port.
    host: String,
    pub cookies: BTreeMap<String, String>,
    pub csrf: String,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Page {
    /// All values of a header, one a line.
    pub fn header(&self, name: &str) -> String {
        let found = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        found.collect::<Vec<_>>().join("\n")
    }

    pub fn location(&self) -> String {
        self.header("location")
    }

    #[track_caller]
    pub fn must_be(self, status: u16) -> Page {
        assert_eq!(self.status, status, "{:#?}\n{}", self.headers, self.body);
        self
    }

    #[track_caller]
    pub fn must_say(self, words: &str) -> Page {
        assert!(self.body.contains(words), "{words:?} is not in\n{}", self.body);
        self
    }

    #[track_caller]
    pub fn must_lead_to(self, path: &str) -> Page {
        assert_eq!(self.location(), path, "{} {}", self.status, self.body);
        self.must_be(303)
    }

    /// The text between these two, the first time that they stand there.
    #[track_caller]
    pub fn between(&self, before: &str, after: &str) -> String {
        let found = self.body.split_once(before).and_then(|(_, rest)| rest.split_once(after));
        found.map(|(found, _)| found.to_owned()).unwrap_or_else(|| panic!("no {before:?} in\n{}", self.body))
    }
}

impl Browser {
    pub fn at(host: &str) -> Browser {
        Browser { host: host.to_owned(), cookies: BTreeMap::new(), csrf: String::new() }
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, &[], "").await
    }

    /// Sends a form with the token of the page that was seen last, and says yes where it is asked whether that is meant.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.post_once(path, fields).await;
        if !page.body.contains(r#"name="sure" value="yes""#) {
            return page;
        }
        let mut again = fields.to_vec();
        again.push(("sure", "yes"));
        self.post_once(path, &again).await
    }

    /// The same without an answer to what is asked.
    pub async fn post_once(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.post_with(path, fields, &[]).await
    }

    pub async fn post_with(&mut self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = form.append_pair("csrf", &self.csrf).extend_pairs(fields).finish();
        self.send("POST", path, headers, &body).await
    }

    pub async fn sign_in(&mut self, name: &str, password: &str) -> Page {
        self.post("/sign-in", &[("name", name), ("password", password)]).await
    }

    /// A header `Host` among the headers replaces the own one.
    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request += &format!("Host: {}\r\n", self.host);
        }
        if method == "POST" && !headers.iter().any(|(name, _)| *name == "Content-Type") {
            request += "Content-Type: application/x-www-form-urlencoded\r\n";
        }
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        let mut stream = TcpStream::connect(&self.host).await.expect("the console listens");
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).await.expect("the console reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("the console answers");
        let page = page_of(&String::from_utf8_lossy(&answer));
        self.keep(&page);
        page
    }

    fn keep(&mut self, page: &Page) {
        for cookie in page.header("set-cookie").lines() {
            let (pair, about) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a cookie has a value");
            if about.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let field = r#"name="csrf" value=""#;
        if page.status == 200 && page.body.contains(field) {
            self.csrf = page.between(field, "\"");
        }
    }
}

fn page_of(answer: &str) -> Page {
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|word| word.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(':'));
    Page {
        status: status.expect("an answer has a status"),
        headers: headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect(),
        body: body.to_owned(),
    }
}
