// Talks to the simulated carrier. Every failure becomes an Error with a sentence for people.

async function ask(method, path, content) {
  const options = { method, headers: {} };
  if (content !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(content);
  }
  const response = await fetch(path, options);
  const answer = await response.json();
  if (response.ok) return answer;
  const { message, hint } = answer.error;
  throw new Error(hint ? `${message} ${hint}` : message);
}

const handset = (phone) => `/api/handsets/${encodeURIComponent(phone)}`;

export const look = (phone, thread) => ask("GET", `${handset(phone)}?thread=${encodeURIComponent(thread)}`);
export const switchOn = (phone, choices = {}) => ask("PUT", handset(phone), choices);
export const markRead = (phone, number) => ask("POST", `${handset(phone)}/threads/${encodeURIComponent(number)}/read`, {});
export const misbehave = (mishap) => ask("PUT", "/api/mishap", mishap);
export const sendText = (text) => ask("POST", "/api/handset/text", text);
export const ring = (caller, called) => ask("POST", "/api/handset/call", { caller, called });
export const act = (id, deed) => ask("POST", `/api/handset/call/${id}/do`, deed);
// For a page that goes away: sent, and no answer awaited.
export const leaveCall = (id) => navigator.sendBeacon(`/api/handset/call/${id}/do`, new Blob([JSON.stringify({ do: "hang_up" })], { type: "application/json" }));
export const endCall = (id, end) => ask("POST", `/api/handset/call/${id}/end`, end);
