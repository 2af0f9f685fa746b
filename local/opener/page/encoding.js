// Bytes, base64url (RFC 4648, section 5, without padding), hashes and files of JSON.

const utf8 = (text) => new TextEncoder().encode(text);

function toBase64url(bytes) {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

async function sha256(text) {
  return toBase64url(await crypto.subtle.digest("SHA-256", utf8(text)));
}

// A problem that the page explains: `name` is that of its message, `field` the part of the form that it is about.
class Problem extends Error {
  constructor(name, field) {
    super(name);
    this.name = name;
    this.field = field;
  }
}

const isText = (value) => typeof value === "string";
const isBase64url = (value) => isText(value) && /^[\w-]+$/.test(value) && value.length % 4 !== 1;

// The object in a file that says it is of this type: `wrong` is the problem of any other, `damaged` of one cut short.
function readFile(text, type, wrong, damaged, field) {
  if (!text.slice(0, 100).includes(`"${type}"`)) throw new Problem(wrong, field);
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(damaged, field);
  }
}
