// Key files: a private key under a passphrase, and the thumbprints of the keys that were made together.

const KEY_FILE = "staff-support/key";
const KEY_FILE_VERSION = "1";
const RSA = { name: "RSA-OAEP", hash: "SHA-256" };
const RSA_BITS = { modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]) };
const ROUNDS = 600_000; // OWASP, Password Storage Cheat Sheet: PBKDF2 with HMAC-SHA-256
const MOST_ROUNDS = 10_000_000; // a file that asks for more would stop the page

// The public half as the service takes it (RFC 7517), named by its thumbprint (RFC 7638).
async function publicKeyOf(key) {
  const { e, n } = await crypto.subtle.exportKey("jwk", key);
  const kid = await sha256(JSON.stringify({ e, kty: "RSA", n }));
  return { kty: "RSA", kid, use: "enc", alg: "RSA-OAEP-256", n, e };
}

function wrappingKey(passphrase, salt, rounds) {
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle
    .importKey("raw", utf8(lettersOf(passphrase)), "PBKDF2", false, ["deriveKey"])
    .then((secret) =>
      crypto.subtle.deriveKey(derivation, secret, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]),
    );
}

// Everything in the file that is no secret: the private key opens with it alone.
const keyFacts = (file) =>
  [file.type, file.version, file.thumbprint, file.rounds, file.belongs_with.join(" ")].join("|");

// Tells a file that was damaged from a wrong passphrase. It protects from no one: AES-GCM does.
const checksumOf = (file) => sha256([keyFacts(file), file.salt, file.nonce, file.private_key].join("|"));

async function keyFileOf(privateKey, passphrase, thumbprint, together) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const file = { type: KEY_FILE, version: KEY_FILE_VERSION, thumbprint, belongs_with: together, rounds: ROUNDS };
  const cipher = { name: "AES-GCM", iv, additionalData: utf8(keyFacts(file)) };
  const wrapping = await wrappingKey(passphrase, salt, ROUNDS);
  const wrapped = await crypto.subtle.wrapKey("pkcs8", privateKey, wrapping, cipher);
  Object.assign(file, { salt: toBase64url(salt), nonce: toBase64url(iv), private_key: toBase64url(wrapped) });
  return { ...file, checksum: await checksumOf(file) };
}

// Keys that belong together, each with its public half, its passphrase and its file.
async function makeKeys(count) {
  const pairs = [];
  for (let made = 0; made < count; made++) {
    const { publicKey, privateKey } = await crypto.subtle.generateKey({ ...RSA, ...RSA_BITS }, true, ["encrypt", "decrypt"]);
    pairs.push({ privateKey, publicKey: await publicKeyOf(publicKey), passphrase: newPassphrase() });
  }
  const together = pairs.map((pair) => pair.publicKey.kid).sort();
  return Promise.all(
    pairs.map(async ({ privateKey, publicKey, passphrase }) => {
      const file = await keyFileOf(privateKey, passphrase, publicKey.kid, together);
      return { publicKey, passphrase, file };
    }),
  );
}

async function readKeyFile(text) {
  const file = readFile(text, KEY_FILE, "not-a-key", "damaged-key", "key");
  const isWhole =
    file.version === KEY_FILE_VERSION &&
    [file.thumbprint, file.salt, file.nonce, file.private_key].every(isBase64url) &&
    Array.isArray(file.belongs_with) &&
    file.belongs_with.every(isBase64url) &&
    Number.isInteger(file.rounds) &&
    file.rounds >= ROUNDS &&
    file.rounds <= MOST_ROUNDS &&
    file.checksum === (await checksumOf(file));
  if (!isWhole) throw new Problem("damaged-key", "key");
  return file;
}

// The private key, which nothing can export; raises the problem of a wrong passphrase.
async function unlock(file, passphrase) {
  const wrapping = await wrappingKey(passphrase, fromBase64url(file.salt), file.rounds);
  const cipher = { name: "AES-GCM", iv: fromBase64url(file.nonce), additionalData: utf8(keyFacts(file)) };
  const wrapped = fromBase64url(file.private_key);
  try {
    return await crypto.subtle.unwrapKey("pkcs8", wrapped, wrapping, cipher, RSA, false, ["decrypt"]);
  } catch {
    throw new Problem("wrong-passphrase", "passphrase");
  }
}
