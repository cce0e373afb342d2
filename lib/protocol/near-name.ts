/** Names that a misspelt one could have meant. */

const SHOWN = 3;

/** The nearest of the known names, the likeliest first; "–" where none is known. */
export function nearestNames(name: string, known: Iterable<string>): string {
  const wanted = pairsOf(name);
  const ranked = Array.from(known, (candidate) => ({
    candidate,
    likeness: likeness(wanted, pairsOf(candidate)),
  }));
  ranked.sort((left, right) => right.likeness - left.likeness);
  const nearest = ranked.slice(0, SHOWN).map(({ candidate }) => candidate);
  return nearest.join(", ") || "–";
}

/** Neighbouring characters, the ends included: `on` has ` o`, `on`, `n `. */
function pairsOf(name: string): ReadonlySet<string> {
  const padded = ` ${name.toLowerCase()} `;
  return new Set(Array.from({ length: padded.length - 1 }, (_, index) => padded.slice(index, index + 2)));
}

/** How many pairs are common to both, of all there are. */
function likeness(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  return [...left].filter((pair) => right.has(pair)).length / (left.size + right.size);
}
