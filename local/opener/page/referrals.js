// Referral files: the answers behind a content key, which is wrapped for each of several keys.

const REFERRAL_FILE = "staff-support/referral";
const REFERRAL_VERSION = "3";
const CONTENT = "referral content: AES-256-GCM";
const ACKNOWLEDGED = "referral acknowledged: code of the provider";
const SIGNS = "34679CDFGHJKMNPQRTVWXY"; // those of references: none looks like another
const CODE_SIGNS = 20; // 22 to the power of 20 codes, some 2 ** 89

function readReferralFile(text) {
  const file = readFile(text, REFERRAL_FILE, "not-a-referral", "damaged-referral", "referral");
  if (isText(file.version) && file.version !== REFERRAL_VERSION) throw new Problem("newer-referral", "referral");
  const isWhole =
    file.version === REFERRAL_VERSION &&
    isText(file.reference) &&
    /^\d{4}-\d\d-\d\d$/.test(file.received_on) &&
    [file.nonce, file.ciphertext].every(isBase64url) &&
    Array.isArray(file.keys) &&
    file.keys.every((key) => isBase64url(key?.thumbprint) && isBase64url(key.wrapped_key));
  if (!isWhole) throw new Problem("damaged-referral", "referral");
  return file;
}

// As the service seals: table, reference, version, day, and the keys in the order of the file.
function sealedFacts(file) {
  const keys = file.keys.map((key) => key.thumbprint).join(" ");
  return utf8(["SealedReferrals", file.reference, file.version, file.received_on, keys].join("|"));
}

// HKDF (RFC 5869) with SHA-256 and no salt: a key for each purpose.
const hkdf = (purpose) => ({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8(purpose) });

async function contentKey(file, keyFile, privateKey) {
  const { wrapped_key } = file.keys.find((key) => key.thumbprint === keyFile.thumbprint);
  const raw = await crypto.subtle.decrypt(RSA, privateKey, fromBase64url(wrapped_key));
  return crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveKey", "deriveBits"]);
}

async function decrypt(file, secret) {
  const aes = { name: "AES-GCM", length: 256 };
  const key = await crypto.subtle.deriveKey(hkdf(CONTENT), secret, aes, false, ["decrypt"]);
  const cipher = { name: "AES-GCM", iv: fromBase64url(file.nonce), additionalData: sealedFacts(file) };
  const plain = await crypto.subtle.decrypt(cipher, key, fromBase64url(file.ciphertext));
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain));
}

// What only the content key gives: the service keeps a hash of it, and nothing else with which to check it.
async function codeOf(secret) {
  const bytes = new Uint8Array(await crypto.subtle.deriveBits(hkdf(ACKNOWLEDGED), secret, 256));
  let number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let signs = "";
  while (signs.length < CODE_SIGNS) {
    signs += SIGNS[Number(number % 22n)];
    number /= 22n;
  }
  return signs.match(/.{4}/g).join("-");
}

// The answers, the code, and the keys that can open them and are not of the key file's own.
async function openReferral(file, keyFile, passphrase) {
  const thumbprints = file.keys.map((key) => key.thumbprint);
  if (!thumbprints.includes(keyFile.thumbprint)) throw new Problem("another-key", "key");
  const privateKey = await unlock(keyFile, passphrase);
  try {
    const secret = await contentKey(file, keyFile, privateKey);
    const record = await decrypt(file, secret);
    const strangers = thumbprints.filter((each) => !keyFile.belongs_with.includes(each));
    return { file, record, code: await codeOf(secret), strangers };
  } catch {
    throw new Problem("damaged-referral", "referral");
  }
}
