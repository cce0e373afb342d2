/**
 * JSON as bytes, for bodies of thousands of numbers: half the time of making a text and turning that into bytes, and
 * far less garbage. For Node.js only: it needs Buffer.
 */
import { encodeValue, type JsonValue } from "./json";
import { lendPayload } from "./payload-pool";

const ZERO = 0x30;
const MINUS = 0x2d;
/** Numbers below it with at most three decimals, as most readings are, are written digit by digit. */
const SHORT_MAX = 1e6;
const SCALE = 1000;
/** Bytes of such a number, at most, `-999999.999`, and those behind it that are touched. */
const SHORT_BYTES = 11 + 4;
const MAX_INTEGER_BYTES = 16;
/** A longer integer is written as two. */
const HALF = 1e8;
const HALF_DIGITS = 8;
const USUAL_BYTES = 4096;
/** A piece of no more is copied quickest byte by byte. */
const LOOP_BYTES = 10;
/** Room beyond this is given back: one huge body is no reason to keep as much for ever. */
const KEPT_BYTES = 1_048_576;

/** Short texts as the words that hold them, so that each is written at once. */
interface Texts {
  readonly words: Uint32Array;
  readonly lengths: Uint8Array;
}

/** Of each number from 0 to 999. */
function textsOf(textOf: (index: number) => string): Texts {
  const texts = { words: new Uint32Array(SCALE), lengths: new Uint8Array(SCALE) };
  const word = Buffer.alloc(Uint32Array.BYTES_PER_ELEMENT);
  for (let index = 0; index < SCALE; index += 1) {
    texts.lengths[index] = word.write(textOf(index));
    texts.words[index] = word.readUInt32LE();
  }
  return texts;
}

const WHOLE = textsOf(String);
const PADDED = textsOf((index) => String(index).padStart(3, "0"));
/** `.5` of 500, nothing of 0. */
const FRACTION = textsOf((index) => String(index / SCALE).slice(1));

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

const names = new Map<string, Buffer>();
const REMEMBERED_NAMES = 1000;

/** A run of values in a longer list: NaN stands where one is no number, and that is kept aside by its place. */
export interface Row {
  readonly numbers: Float64Array;
  readonly start: number;
  readonly others: ReadonlyMap<number, JsonValue>;
}

export function valueAt({ numbers, start, others }: Row, place: number): JsonValue {
  const number = Number(numbers[start + place]);
  return Number.isNaN(number) ? (others.get(place) as JsonValue) : number;
}

/** A growing run of bytes. What is written is JSON only if the caller's pieces are. */
export class JsonBytes {
  #bytes = Buffer.allocUnsafeSlow(USUAL_BYTES);
  #view = viewOf(this.#bytes);
  #end = 0;

  get length(): number {
    return this.#end;
  }

  clear(): void {
    this.#end = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#use(Buffer.allocUnsafeSlow(USUAL_BYTES));
  }

  /** A copy of what was written: see payload-pool.ts. */
  toBuffer(): Buffer {
    const copy = lendPayload(this.#end);
    this.#bytes.copy(copy, 0, 0, this.#end);
    return copy;
  }

  /** Any text, as UTF-8. */
  text(text: string): void {
    this.#reserve(text.length * 3);
    this.#end += this.#bytes.write(text, this.#end);
  }

  /** A piece that is written often. */
  piece(piece: Uint8Array): void {
    const { length } = piece;
    this.#reserve(length);
    const bytes = this.#bytes;
    let end = this.#end;
    if (length > LOOP_BYTES) bytes.set(piece, end);
    else for (let index = 0; index < length; index += 1) bytes[end + index] = Number(piece[index]);
    end += length;
    this.#end = end;
  }

  /** `"name":`; most nodes write the same few for ever. */
  name(name: string): void {
    let piece = names.get(name);
    if (piece === undefined) {
      piece = Buffer.from(`${JSON.stringify(name)}:`);
      if (names.size >= REMEMBERED_NAMES) names.clear();
      names.set(name, piece);
    }
    this.piece(piece);
  }

  /** Takes the last bytes back. */
  drop(count: number): void {
    this.#end -= count;
  }

  /** As `JSON.stringify` writes it. */
  value(value: JsonValue): void {
    if (typeof value !== "number") return this.text(encodeValue(value));
    const size = Math.abs(value);
    const thousandths = Math.round(size * SCALE);
    // The quotient of two whole numbers is rounded once: equal means that these decimals are the number's own.
    if (!(size < SHORT_MAX) || thousandths / SCALE !== size) return this.text(encodeValue(value));
    this.#reserve(SHORT_BYTES);
    this.#end = writeShort(this.#view, this.#end, value < 0, thousandths);
  }

  /** Of each row the values at these places, each with the row's own piece behind it. */
  column(rows: readonly Row[], places: readonly number[], behind: readonly Uint8Array[]): void {
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] as Row;
      const piece = behind[index] as Uint8Array;
      const { numbers, start } = row;
      for (let which = 0; which < places.length; which += 1) {
        const place = Number(places[which]);
        const value = Number(numbers[start + place]);
        const size = Math.abs(value);
        const thousandths = Math.round(size * SCALE);
        this.#reserve(SHORT_BYTES + piece.length);
        let end = this.#end;
        // As value() does; but a number given to a method is put in a box, and these are many.
        if (size < SHORT_MAX && thousandths / SCALE === size) {
          end = writeShort(this.#view, end, value < 0, thousandths | 0);
        } else {
          this.text(encodeValue(valueAt(row, place)));
          this.#reserve(piece.length);
          end = this.#end;
        }
        this.#bytes.set(piece, end);
        this.#end = end + piece.length;
      }
    }
  }

  /** A whole number from 0 to 1e15, as a time in milliseconds is. */
  integer(whole: number): void {
    this.#reserve(MAX_INTEGER_BYTES);
    if (whole < HALF) return this.#digits(whole, countDigits(whole));
    const high = Math.floor(whole / HALF);
    this.#digits(high, countDigits(high));
    this.#digits(whole - high * HALF, HALF_DIGITS);
  }

  /** Below 2^31: divisions of such are quick. */
  #digits(whole: number, digits: number): void {
    this.#end += digits;
    const bytes = this.#bytes;
    let rest = whole;
    for (let index = this.#end - 1, left = digits; left > 0; left -= 1, index -= 1) {
      const next = Math.trunc(rest / 10);
      bytes[index] = ZERO + rest - next * 10;
      rest = next;
    }
  }

  #reserve(more: number): void {
    const needed = this.#end + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#use(larger);
  }

  #use(bytes: Buffer<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }
}

/** @param thousandths a whole number below 1e9. @returns the end of the number */
function writeShort(view: DataView, start: number, isNegative: boolean, thousandths: number): number {
  let end = start;
  if (isNegative) view.setUint8(end++, MINUS);
  // Below 2^31, where this is a division of whole numbers.
  const whole = (thousandths / SCALE) | 0;
  if (whole < SCALE) end = writeText(view, end, WHOLE, whole);
  else {
    const high = (whole / SCALE) | 0;
    end = writeText(view, end, WHOLE, high);
    end = writeText(view, end, PADDED, whole - high * SCALE);
  }
  return writeText(view, end, FRACTION, thousandths - whole * SCALE);
}

/** Four bytes at once, of which what is no part of the text is written over by what follows. @returns its end */
function writeText(view: DataView, start: number, { words, lengths }: Texts, index: number): number {
  view.setUint32(start, Number(words[index]), true);
  return start + Number(lengths[index]);
}

const COMMA = Buffer.from(",");

/** Whether a comma belongs before the next of several: not before the first. */
export class Commas {
  #isFirst = true;

  before(bytes: JsonBytes): void {
    if (!this.#isFirst) bytes.piece(COMMA);
    this.#isFirst = false;
  }
}

function countDigits(whole: number): number {
  let digits = 1;
  for (let bound = 10; whole >= bound; bound *= 10) digits += 1;
  return digits;
}
