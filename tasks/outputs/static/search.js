// Searches the shards of the index, the newest first. Every text of the interface stands in the page.
{
  const AT_ONCE = 8; // shards that are searched until a reader asks for older articles
  const PAGE = 20; // results that are shown at a time
  const PAUSE = 200; // milliseconds without a key before a search
  const LONGEST = 100; // characters of a query
  const BEFORE = 24; // characters of the text before the first hit
  const LENGTH = 120; // characters of an excerpt

  // The words of the index, by the rules of search.py: an ideograph alone, or a run of other letters and digits.
  const OTHER = "(?![\\u2e80-\\u{10ffff}])[\\p{L}\\p{N}]";
  const WORD = new RegExp(`(?=[\\p{L}\\p{N}])[\\u2e80-\\u{10ffff}]|(?:${OTHER})+`, "gu");

  const $ = (id) => document.getElementById(id);
  const address = (path) => new URL(path, document.baseURI);
  const { runtime, shards: list } = $("search").dataset;

  let labels = []; // of all shards, the newest first
  let shards = []; // those that have been opened: a Pagefind each
  let opening = Promise.resolve();
  let incomplete = false; // a part of the index did not come
  let terms = []; // what is asked for: words, by term
  let reached = 0; // shards that have been searched for it
  let hits = []; // what was found in them, the newest first
  let turn = 0; // counts searches, so that a late answer to an earlier one is dropped

  // Pagefind tells nobody when a part of an index cannot be had; then results are missing.
  const fetched = window.fetch;
  window.fetch = async (...request) => {
    try {
      const answer = await fetched(...request);
      incomplete ||= !answer.ok;
      return answer;
    } catch (error) {
      incomplete = true;
      throw error;
    }
  };

  // --- the index ---------------------------------------------------------------------------------

  const open = async (label) => {
    const { createInstance } = await import(address(runtime));
    const shard = createInstance({ noWorker: true, metaCacheTag: "1" });
    await shard.init();
    // The tag is a part of the address: what was read a minute ago may have changed.
    const settings = { language: "und", metaCacheTag: new Date().toISOString().slice(0, 16) };
    await shard.mergeIndex(new URL(`${label}/`, address(list)).href, settings);
    return shard;
  };

  /** Opens the newest `count` shards. One call after the other, the first for one: Pagefind must not start twice at once. */
  const opened = (count) => {
    opening = opening
      .catch(() => {})
      .then(async () => {
        if (!labels.length) labels = await (await fetch(address(list))).json();
        const next = labels.slice(shards.length, count);
        shards = [...shards, ...(await Promise.all(next.map(open)))];
        return shards;
      });
    return opening;
  };

  const termsOf = (query) =>
    query
      .slice(0, LONGEST)
      .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
      .split(/\s+/)
      .map((term) => term.match(WORD) ?? [])
      .filter((words) => words.length);

  /** What in the shard holds every term as a phrase, the newest first. */
  const findIn = async (shard) => {
    const phrases = terms.map((words) => `"${words.join(" ")}"`);
    const answers = await Promise.all(phrases.map((phrase) => shard.search(phrase, { sort: { at: "desc" } })));
    const [first, ...others] = answers.map((answer) => answer.results);
    const kept = others.map((results) => new Set(results.map((result) => result.id)));
    return first.filter((result) => kept.every((ids) => ids.has(result.id)));
  };

  /** Searches the newest shard, then the others up to a multiple of `AT_ONCE`, then as many at a time. */
  const searchOn = async (current) => {
    const end = reached === 0 ? 1 : (Math.floor(reached / AT_ONCE) + 1) * AT_ONCE;
    const next = (await opened(end)).slice(reached, end);
    if (!current()) return;
    const found = (await Promise.all(next.map(findIn))).flat();
    if (!current()) return;
    hits = [...hits, ...found];
    reached += next.length;
  };

  /** Until there is a page of results, or as far as a search goes by itself. */
  const searchEnough = async (current) => {
    do await searchOn(current);
    while (current() && hits.length < PAGE && reached < Math.min(AT_ONCE, labels.length));
  };

  // --- what is shown -----------------------------------------------------------------------------

  const say = (message, count = "") => {
    $("status").textContent = message ? $("status").dataset[message].replace("{count}", count) : "";
  };

  /** Matches the terms, whatever punctuation stands between their words. */
  const pattern = () => {
    const whole = (word) => (new RegExp(`^${OTHER}`, "u").test(word) ? `(?<!${OTHER})${word}(?!${OTHER})` : word);
    return new RegExp(terms.map((words) => words.map(whole).join("[^\\p{L}\\p{N}]*")).join("|"), "giu");
  };

  /** The text as nodes, what was asked for in `mark` elements. */
  const marked = (text) => {
    const nodes = [];
    let end = 0;
    for (const match of text.matchAll(pattern())) {
      const mark = document.createElement("mark");
      mark.textContent = match[0];
      nodes.push(text.slice(end, match.index), mark);
      end = match.index + match[0].length;
    }
    return [...nodes, text.slice(end)];
  };

  const excerpt = (text) => {
    const start = Math.max(0, text.search(pattern()) - BEFORE);
    const end = start + LENGTH;
    return (start ? "…" : "") + text.slice(start, end) + (end < text.length ? "…" : "");
  };

  /** The article as a list item. The anchor's id is its card, the text behind the anchor is kept as words. */
  const item = ({ content, anchors: [anchor] }) => {
    const card = JSON.parse(anchor.id);
    const text = content.split(" ").slice(anchor.location).join("").replaceAll("␣", " ");
    const made = $("result").content.cloneNode(true);
    const part = (name) => made.querySelector(name);
    part("a").href = card.href;
    part("a").append(...marked(card.title));
    const time = document.createElement("time");
    time.dateTime = card.at;
    time.textContent = card.at.slice(0, 16).replace("T", " ");
    part(".media").textContent = card.media;
    part(".about").append(time);
    part(".excerpt").append(...marked(excerpt(text)));
    return made;
  };

  const shown = () => $("results").children.length;

  /** Shows the next results and gives the first link of them, if there is one. */
  const show = async (current) => {
    const articles = await Promise.all(hits.slice(shown(), shown() + PAGE).map((hit) => hit.data()));
    if (!current()) return null;
    const items = articles.map(item);
    const first = items[0]?.querySelector("a");
    $("results").append(...items);
    return first;
  };

  const showState = () => {
    const asked = reached > 0;
    const all = reached === labels.length;
    $("more").hidden = hits.length <= shown();
    $("older").hidden = !asked || all || !$("more").hidden;
    $("reach").hidden = !asked || !hits.length;
    $("broken").hidden = !incomplete;
    if (!asked) return;
    const month = new Date(`${labels[reached - 1].slice(0, 7)}-01T00:00:00Z`);
    const form = new Intl.DateTimeFormat(document.documentElement.lang, { year: "numeric", month: "long", timeZone: "UTC" });
    $("reach").textContent = $("reach").dataset[all ? "all" : "until"].replace("{month}", form.format(month));
  };

  /** Does what changes the results, tells what came of it, and shows when it failed. */
  const telling = async (change) => {
    const mine = ++turn;
    const current = () => mine === turn;
    try {
      await change(current);
      if (current()) say(terms.length ? (hits.length ? "found" : "none") : "", hits.length);
    } catch (error) {
      console.error(error);
      incomplete = true;
      if (current()) say("");
    }
    if (current()) showState();
  };

  // Pagefind does not say either that its program cannot be had.
  window.addEventListener("unhandledrejection", () => {
    incomplete = true;
    say("");
    showState();
  });

  // --- what a reader does ------------------------------------------------------------------------

  const ask = () =>
    telling(async (current) => {
      terms = termsOf($("q").value);
      [reached, hits] = [0, []];
      $("more").hidden = $("older").hidden = true;
      if (terms.length && !shards.length) say("loading");
      try {
        if (terms.length) await searchEnough(current);
        else await opened(1);
      } finally {
        if (current()) {
          $("results").replaceChildren();
          await show(current);
        }
      }
    });

  const askOlder = () =>
    telling(async (current) => {
      say("loading");
      await searchOn(current);
      const first = await show(current);
      if (!current()) return;
      showState();
      if (first) first.focus();
      else if ($("older").hidden) $("reach").focus(); // a hidden button would lose it
    });

  const askMore = () => telling(async (current) => (await show(current))?.focus());

  const askNow = () => {
    const here = address(location.href);
    here.search = $("q").value ? new URLSearchParams({ q: $("q").value }) : "";
    history.replaceState(null, "", here);
    return ask();
  };

  let pause;
  const askSoon = (typed) => {
    clearTimeout(pause);
    if (!typed.isComposing) pause = setTimeout(askNow, PAUSE); // a half-composed word is Latin letters
  };

  $("q").addEventListener("input", askSoon);
  $("q").addEventListener("compositionend", askSoon);
  $("q").form.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    clearTimeout(pause);
    askNow();
  });
  $("more").addEventListener("click", askMore);
  $("older").addEventListener("click", askOlder);

  $("q").value = new URLSearchParams(location.search).get("q") ?? "";
  // Where a finger points, focus would bring up a keyboard over the page.
  if (!$("q").value && matchMedia("(pointer: fine)").matches) $("q").focus();
  ask();
}
