//! `cargo xtask`: what a developer and CI run. Not part of the product.

mod bench;
mod postgres;
mod simulate;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  test    install what the tests need, then format, clippy, tidy, licences and bans, and all tests
  tidy    check the form of the code: walls between rooms, sizes, first lines, words that do not belong
  docs    write the generated pages in docs/reference anew
  simulate [--seed N] [--months M] [--seconds S]
          months of a brand's life from a seed, or from as many seeds as fit; `simulate crashes` dies everywhere
  bench [budgets|console]
          what an export costs beside its budgets, and how long the console's pages take with a hundred thousand orders,
          with the program as it is released
  kills   the stories in which the program is killed, with the program as it is released, on SQLite and on PostgreSQL
  screenshots
          take the pictures of the README anew, with weeks of a made-up brand's life
  postgres
          a PostgreSQL server for tests run by hand; its URL, for JOOR_SHOPIFY_TEST_POSTGRES, comes first; ends with its input";

fn main() -> ExitCode {
    let root = root();
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("test") => test::run(&root),
        Some("tidy") => tidy::run(&root),
        Some("docs") => test::write_reference(&root),
        Some("simulate") => simulate::run(&root, &std::env::args().skip(2).collect::<Vec<_>>()),
        Some("bench") => bench::run(&root, &std::env::args().skip(2).collect::<Vec<_>>()),
        Some("screenshots") => test::screenshots(&root),
        Some("kills") => test::kills(&root),
        Some("postgres") => postgres::serve(),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("error: {words}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}
