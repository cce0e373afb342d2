/** What a key (密钥) looks like, apart from what is done with it: a form in the browser asks the same. */

/** Groups of four, padding at the end only, the unused bits of the last character zero: as every encoder writes it. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;
/** Characters: 16 bytes. Every key seen has 44 (32 bytes); what is shorter is a word that happens to be base64. */
const MIN_KEY_LENGTH = 24;

/**
 * Whether `text` can be a device key or an access key: canonical base64 of at least 16 bytes, nothing around it.
 *
 * @see device-mqtt.md §3.1: 44 characters in every sample seen; no source states a length
 */
export function isBase64Key(text: string): boolean {
  return text.length >= MIN_KEY_LENGTH && BASE64.test(text);
}

const KEY_OR_TOKEN = /[A-Za-z0-9+/=]{24,}|sign=/;

/** A wrong input for an error text, unless a key or token was put into the wrong field: then three dots. */
export function hideSecret(text: string): string {
  return KEY_OR_TOKEN.test(text) ? "•••" : text;
}
