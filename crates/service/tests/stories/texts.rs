//! Texts: note templates from the settings, and strings that mean harm.

use crate::harness::{World, in_both_kinds_of_shop};

#[tokio::test(flavor = "multi_thread")]
async fn the_note_follows_the_template_of_the_settings() {
    let mut world = World::start().await;
    let template = "{{ payment_terms_code }}/{{ retailer }}{% if po_number %} PO {{ po_number }}{% endif %}";
    world.settings.text("note", "template", template);
    world.apply().await;
    world.approved(world.plain("76001"));
    world.sync().await;
    assert_eq!(world.shop_order_of("76001").note.as_deref(), Some("N30/Juniper & Oak PO PO-76001"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_strings_arrive_as_plain_text_everywhere() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.settings.set("attributes", "Comments", "\"{{ comments }}\"");
        world.settings.set("tags", "templates", "[\"{{ retailer }}\"]");
        world.apply().await;
        let mut order = world.plain("76002").comments(
            "Please pack 🌿 {{ order }} {% for x in y %}{{ 7 * 7 }}{% endfor %}\u{0}\u{7}\r\nBcc: all@example.com\r\n<script>alert(1)</script>",
        );
        order.po_number = "PO\t{{order}}\u{1b}[31m-7".to_owned();
        order.customer.name = "Robert'); drop table orders;--, Ltd \u{202e}".to_owned();
        order.sales_rep.name = "Noor\u{202e} <b>Kessler</b>".to_owned();
        order.shipping_address.name = "N\u{0}a\u{1b}[2Jme".repeat(10);
        world.approved(order);
        world.sync().await;
        world.sync().await;
        let order = world.shop_order_of("76002");
        let note = order.note.unwrap_or_default();
        assert!(note.contains("{{ order }}") && note.contains("{{ 7 * 7 }}"), "never rendered twice: {note}");
        assert!(note.contains("🌿") && !note.contains("49"), "{note}");
        let texts = [note.replace('\n', ""), order.po_number.unwrap_or_default(), order.tags.join("|")];
        for text in &texts {
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
        assert_eq!(order.tags.len(), 2, "no tag is made of a comma: {:?}", order.tags);
        let shown = world.order("76002").await;
        assert_eq!(shown.state(), "exported");
        let table = world.run(&["orders", "list"]).await;
        assert!(!table.stdout.contains('\u{1b}'));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_ten_thousand_characters_is_cut_and_said_so_or_held_but_never_lost() {
    let world = World::start().await;
    let mut order = world.plain("76003").comments(&"Handle with care. ".repeat(600));
    order.collection.name = "C".repeat(10_000);
    order.customer.name = "N".repeat(10_000);
    order.shipping_address.line_2 = "L".repeat(10_000);
    world.approved(order);
    world.approved(world.plain("76004"));
    world.sync().await;
    let shown = world.order("76003").await;
    shown.must_be("exported", &["MAP_TOO_LONG"]);
    let note = world.shop_order_of("76003").note.unwrap_or_default();
    assert!((4000..=5000).contains(&note.chars().count()), "cut, and no shorter than needed: {note}");
    world.order("76004").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_strings_inject_nothing_into_mails_and_reports() {
    let world = World::start().await;
    let mut order = world.plain("76005");
    order.customer.name = "Evil\r\nBcc: victim@example.com\r\n\r\nBuy now".to_owned();
    order.shipping_address.state = "Nar\r\nSubject: owned\u{1b}[31m".to_owned();
    world.approved(order);
    world.sync().await;
    world.order("76005").await.must_be("held", &["ADDR_REGION_UNKNOWN"]);
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    assert_eq!(mails[0].to, ["wholesale@brand.example.com"]);
    let (head, _) = mails[0].raw.split_once("\r\n\r\n").expect("head and body");
    assert!(!head.contains("Bcc") && !head.contains("owned"), "{head}");
    assert!(!mails[0].body_text.contains('\u{1b}'));
    let (_, description) = world.joor_report("76005");
    assert!(!description.chars().any(char::is_control), "{description:?}");
    world.finish().await;
}
