//! Who may do what, and from where.

use crate::harness::World;
use crate::pages::{Frame, Order, People, SignIn, as_admin, order_path, served};
use crate::window::Window;

const VIC: &str = "vic@brand.example";
const BEN: &str = "ben@brand.example";

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_sees_a_held_order_and_is_not_offered_to_check_it_again() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("95201"));
    let home = served(&mut world).await;
    world.until_order("95201", "held").await;
    let window = as_admin(&world, &home).await;
    window.goto(&order_path("95201")).await;
    assert!(window.offers("Check again now").await, "{}", window.words().await);
    Frame(&window).to("People").await;
    let password = People(&window).add(VIC, "Viewer").await;
    Frame(&window).sign_out().await;

    SignIn(&window).with(VIC, &password).await;
    window.until_at("/").await;
    assert!(!window.texts("nav a").await.iter().any(|place| place == "People"));
    window.goto(&order_path("95201")).await;
    Order(&window).until_state("Held").await;
    window.says("Not enough stock").await;
    assert!(!window.offers("Check again now").await, "{}", window.words().await);
    // Whoever makes the form by hand is refused.
    let answer = window
        .run_until_done(
            "const csrf = document.querySelector('[name=csrf]').value;
             fetch(location.pathname + '/retry', { method: 'POST', body: new URLSearchParams({ csrf }) })
               .then((answer) => done(answer.status));",
        )
        .await;
    assert_eq!(answer, 403);
    drop(window);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_ends_the_other_browser_and_keeps_this_one() {
    let mut world = World::start().await;
    let home = served(&mut world).await;
    let desk = as_admin(&world, &home).await;
    Frame(&desk).to("People").await;
    let password = People(&desk).add(BEN, "Operator").await;
    Frame(&desk).sign_out().await;
    SignIn(&desk).with(BEN, &password).await;
    desk.until_at("/").await;
    let phone = Window::at(&home).await;
    phone.goto("/orders").await;
    SignIn(&phone).with(BEN, &password).await;
    phone.until_at("/orders").await;

    desk.press("Your sign-ins").await;
    desk.says("this one").await;
    desk.press("Sign out everywhere else").await;
    desk.says("Signed out elsewhere: 1 sign-in.").await;
    // The other does not go on as if nothing had happened.
    world.approved(world.plain("95211"));
    phone.says("Your sign-in has ended. What is below stands still.").await;
    phone.press("Sign in again").await;
    phone.until_at("/sign-in?next=%2Forders").await;
    phone.goto("/orders").await;
    phone.until_at("/sign-in?next=%2Forders").await;
    Frame(&desk).to("Orders").await;
    desk.says("95211").await;
    drop((desk, phone));
    world.finish().await;
}
