// Textrail's script for pages. What it sends and never sends: docs/reference/script.md
(function (window, document) {
  "use strict";
  var script = document.currentScript;
  var early = window.textrail;
  if (!script || !script.dataset.site || (early && early.track)) return;

  var options = script.dataset;
  var target = new URL(script.src).origin + "/p/" + encodeURIComponent(options.site);
  var COOKIE = "_textrail";
  var CLICK = "trail_click";
  var DAYS = 400;
  // Everything else in an address stays in the browser.
  var KEPT = /^(utm_(source|medium|campaign|term|content)|gclid|gbraid|wbraid|dclid|msclkid|ttclid|twclid|li_fat_id|rdt_cid|sccid|yclid|fbclid|igshid|trail_click)$/i;

  var visitor = "";
  var click = "";
  var customer = "";
  var referrer = "";
  var shown = "";
  var queue = [];
  var waiting = false;
  var running = false;

  // What the visitor asked of all sites, unless the owner of this one may do otherwise.
  var refused = options.signals !== "ignore" &&
    (navigator.globalPrivacyControl === true || navigator.doNotTrack === "1" || window.doNotTrack === "1");

  function random() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    return btoa(String.fromCharCode.apply(null, bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  }

  function readCookie() {
    try {
      var found = document.cookie.match(/(?:^|; )_textrail=1\.([\w-]{10,40})\.([\w-]{0,24})(?:;|$)/);
      return found && found.slice(1);
    } catch (error) {
      return null;
    }
  }

  function writeCookie(value, seconds) {
    var end = "; path=/; max-age=" + seconds + "; samesite=lax" + (location.protocol === "https:" ? "; secure" : "");
    var labels = location.hostname.split(".");
    var isName = labels.length > 1 && !/^[\d.]+$/.test(location.hostname);
    try {
      // Browsers refuse a public suffix, so the shortest domain that they take is the site's own.
      for (var count = 2; isName && count <= labels.length; count++) {
        document.cookie = COOKIE + "=" + value + "; domain=" + labels.slice(-count).join(".") + end;
        if ((document.cookie.indexOf(COOKIE + "=" + value) >= 0) === (seconds > 0)) return;
      }
      document.cookie = COOKIE + "=" + value + end;
    } catch (error) {
      // Storage is blocked: the visitor is known until the page is left.
    }
  }

  function remember() {
    var found = readCookie();
    var given = new URLSearchParams(location.search).get(CLICK) || "";
    if (!visitor) visitor = (found && found[0]) || random();
    click = /^[\w-]{1,24}$/.test(given) ? given : click || (found && found[1]) || "";
    writeCookie("1." + visitor + "." + click, DAYS * 86400);
  }

  function address() {
    var kept = new URLSearchParams();
    new URLSearchParams(location.search).forEach(function (value, name) {
      if (KEPT.test(name) && !/@/.test(value)) kept.append(name, value.slice(0, 255));
    });
    var path = location.pathname.replace(/[^/]*(@|%40)[^/]*/gi, "-");
    var query = kept.toString();
    return location.origin + path + (query ? "?" + query : "");
  }

  function originOf(url) {
    try {
      return new URL(url).origin + "/";
    } catch (error) {
      return "";
    }
  }

  // Events wait as JSON: one that cannot be written as such takes no other with it.
  function send(events) {
    var body = '{"batch":[' + events.join(",") + '],"sentAt":"' + new Date().toISOString() + '"}';
    if (body.length > 30000 && events.length > 1) return events.forEach(function (event) { send([event]); });
    if (window.Request && "keepalive" in Request.prototype) {
      return fetch(target, { method: "POST", body: body, keepalive: true, credentials: "omit" }).catch(function () {
        // Sent again with what comes next: each event has a name, and counts once.
        if (queue.length < 20) queue = events.concat(queue);
      });
    }
    if (navigator.sendBeacon) navigator.sendBeacon(target, body);
  }

  function flush() {
    waiting = false;
    if (!queue.length) return;
    var events = queue;
    queue = [];
    send(events);
  }

  function leaveOut(call, error) {
    console.warn("Textrail left out a call that cannot be made.", call, error);
  }

  function add(type, more) {
    if (!running) return;
    var event = {
      type: type,
      messageId: random(),
      anonymousId: visitor,
      timestamp: new Date().toISOString(),
      context: { page: { url: address(), referrer: referrer }, library: { name: "textrail.js" } }
    };
    if (customer) event.userId = customer;
    Object.keys(more || {}).forEach(function (name) { event[name] = more[name]; });
    try {
      queue.push(JSON.stringify(event));
    } catch (error) {
      leaveOut(event, error);
    }
    // In a microtask, which still runs when a form or a link leads away.
    if (!waiting) {
      waiting = true;
      Promise.resolve().then(flush);
    }
  }

  function page() {
    if (!running) return;
    remember();
    shown = location.pathname + location.search;
    add("page");
    referrer = "";
  }

  function moved() {
    if (location.pathname + location.search !== shown) page();
  }

  function track(name, properties) {
    var sent = {};
    Object.keys(properties || {}).forEach(function (key) { sent[key] = properties[key]; });
    if (click && !sent[CLICK]) sent[CLICK] = click;
    add("track", { event: String(name), properties: sent });
  }

  function identify(keys) {
    var traits = {};
    if (!keys) return;
    if (keys.email) traits.email = String(keys.email);
    if (keys.phone) traits.phone = String(keys.phone);
    if (keys.customerId) customer = String(keys.customerId);
    if (customer || traits.email || traits.phone) add("identify", { traits: traits });
  }

  function submitted(event) {
    var form = event.target;
    if (!form || !form.querySelectorAll || form.getAttribute("data-textrail") === "off") return;
    var keys = {};
    form.querySelectorAll("[data-textrail]").forEach(function (field) {
      var kind = field.getAttribute("data-textrail");
      var value = String(field.value || "").trim();
      if (value && kind === "customer-id") keys.customerId = value;
      else if (value && (kind === "email" || kind === "phone")) keys[kind] = value;
    });
    identify(keys);
    track("Form Submitted", { form: form.getAttribute("id") || form.getAttribute("name") || "" });
  }

  function watch(name) {
    var before = history[name];
    history[name] = function () {
      var answer = before.apply(this, arguments);
      moved();
      return answer;
    };
  }

  function start() {
    if (running || refused) return;
    running = true;
    referrer = originOf(document.referrer);
    page();
    if ("clean" in options && location.search.indexOf(CLICK) >= 0) {
      var left = new URL(location.href);
      left.searchParams.delete(CLICK);
      history.replaceState(history.state, "", left);
      shown = location.pathname + location.search;
    }
    watch("pushState");
    watch("replaceState");
    window.addEventListener("popstate", moved);
    window.addEventListener("online", flush);
    window.addEventListener("pagehide", flush);
    window.addEventListener("pageshow", function (event) { if (event.persisted) page(); });
    document.addEventListener("submit", submitted, true);
  }

  function forget() {
    running = false;
    writeCookie("", 0);
    visitor = click = customer = "";
  }

  var api = {
    start: start, page: page, track: track, identify: identify, forget: forget,
    visitor: function () { return visitor; },
    click: function () { return click; },
    push: function (call) {
      try {
        api[call[0]].apply(null, call.slice(1));
      } catch (error) {
        leaveOut(call, error);
      }
    }
  };
  window.textrail = api;
  if (!("wait" in options)) {
    if (document.prerendering) document.addEventListener("prerenderingchange", start, { once: true });
    else start();
  }
  if (Array.isArray(early)) early.forEach(api.push);
})(window, document);
