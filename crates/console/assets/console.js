// Live pages: when the program has news, the parts of this page that carry an id under [data-live] are read again and
// replaced where they differ. Without this script every page is complete; it only has to be loaded again by hand.
"use strict";

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

function dates(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.valueOf()) && time.dateTime.includes("T")) time.title = local.format(at);
  }
}

// Where the keyboard is in a part, so that it can be there again in what replaces the part.
const REACHED = "a[href], [tabindex]";

function placeIn(part) {
  const active = document.activeElement;
  if (!part.contains(active) || active === part) return null;
  const href = active.getAttribute("href");
  const same = [...part.querySelectorAll(REACHED)].filter((one) => one.getAttribute("href") === href);
  return { id: active.id, href, among: same.indexOf(active), at: [...part.querySelectorAll(REACHED)].indexOf(active) };
}

// The same thing; or, where it is gone, what stands in its place now.
function putBack(part, place) {
  if (!place) return;
  const all = [...part.querySelectorAll(REACHED)];
  const same = all.filter((one) => one.getAttribute("href") === place.href);
  const byId = place.id && document.getElementById(place.id);
  const found = byId || same[place.among] || same[0] || all[Math.min(place.at, all.length - 1)];
  if (found) found.focus({ preventScroll: true });
}

// What somebody is working in stays as it is.
function inUse(part) {
  const active = document.activeElement;
  if (part.contains(active) && active.matches("input, select, textarea, summary, button")) return true;
  return [...part.querySelectorAll("details[open]")].some((one) => !one.hasAttribute("data-opened"));
}

// Nothing follows by itself any more, and whoever looks at the page is told so.
function stands(words, next) {
  if (news) news.close();
  if (document.getElementById("stands")) return;
  const said = document.createElement("p");
  Object.assign(said, { id: "stands", className: "notice bad", textContent: `${words} ` });
  said.setAttribute("role", "alert");
  const link = document.createElement("a");
  Object.assign(link, { href: location.href, textContent: next });
  // A link to the place on the page itself would load nothing.
  link.addEventListener("click", (event) => { event.preventDefault(); location.reload(); });
  said.append(link);
  document.getElementById("main").prepend(said);
}

let news = null;
let reading = false;
let again = false;

async function refresh() {
  if (reading) { again = true; return; }
  reading = true;
  try {
    const answer = await fetch(location.href, { headers: { "x-live": "1" }, redirect: "manual" });
    if (answer.type === "opaqueredirect") return stands("Your sign-in has ended. What is below stands still.", "Sign in again");
    if (answer.status === 403 || answer.status === 404) return stands("This page is not here for you any more.", "Load it again");
    // A program that is stopping or in trouble: the next news tries again.
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.getElementById(part.id);
      if (!other || other.innerHTML === part.dataset.shown || inUse(part)) continue;
      const before = part.dataset.shown;
      part.dataset.shown = other.innerHTML;
      if (before === undefined && other.innerHTML === part.innerHTML) continue;
      const place = placeIn(part);
      part.innerHTML = other.innerHTML;
      dates(part);
      putBack(part, place);
    }
  } catch {
    // The next news tries again.
  } finally {
    reading = false;
    if (again) { again = false; refresh(); }
  }
}

dates(document);
// On a phone the places lie in a row that is wider than the screen.
const here = document.querySelector(".places [aria-current]");
if (here) here.closest("ul").scrollLeft = here.offsetLeft - innerWidth / 3;
for (const part of document.querySelectorAll("[data-live]")) part.dataset.shown = part.innerHTML;

const NEWS_AGAIN_MS = 5000;

function follow() {
  if (document.getElementById("stands")) return;
  const source = news = new EventSource("/events");
  source.addEventListener("news", refresh);
  // What happened between the reading of the page and the beginning of the news, or while they were cut off.
  source.addEventListener("open", refresh);
  // A browser does not ask again where it was led elsewhere, as to the page of signing in, or where a program that is
  // stopping, or what stands before it, said no.
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return;
    refresh();
    setTimeout(follow, NEWS_AGAIN_MS);
  });
}

// A page that asked JOOR and Shopify, which costs of their budgets, stands as it was read.
if (document.querySelector("[data-live]") && !document.querySelector("[data-still]") && "EventSource" in window) {
  follow();
  addEventListener("pagehide", () => news.close());
}

// A link to a field of a form ends in that field, also where it was folded away.
function aim() {
  const field = document.getElementById(location.hash.slice(1));
  if (!field || !field.matches("input, select, textarea")) return;
  for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  field.scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
}
if (location.hash) aim();
addEventListener("hashchange", aim);

// A form that asks first is a page of its own without script; with it, a question is enough.
addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-sure]") || form.elements.sure) return;
  if (!confirm(form.dataset.sure)) return event.preventDefault();
  const sure = document.createElement("input");
  Object.assign(sure, { type: "hidden", name: "sure", value: "yes" });
  form.append(sure);
});

// A text that is shown as it will be, while it is typed.
for (const field of document.querySelectorAll("[data-preview]")) {
  const shown = document.getElementById(field.dataset.preview);
  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const body = new URLSearchParams(new FormData(field.form));
      const answer = await fetch(field.dataset.previewFrom, { method: "POST", body });
      if (answer.ok) shown.textContent = await answer.text();
    }, 250);
  });
}
