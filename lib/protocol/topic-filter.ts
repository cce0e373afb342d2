/**
 * Whether a topic falls under a filter. `a/#` takes `a` too; a wildcard at the first level takes no `$…` topic.
 *
 * @see MQTT 3.1.1 §4.7.1, §4.7.2
 */
export function matchesFilter(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  // Most filters need no look at each level.
  const plus = filter.indexOf("+");
  if (plus >= 0 && !topic.startsWith(filter.slice(0, plus))) return false;
  if (plus < 0) {
    if (!filter.endsWith("/#")) return filter === topic || filter === "#";
    const parent = filter.slice(0, -2);
    return topic.startsWith(parent) && (topic.length === parent.length || topic[parent.length] === "/");
  }
  if (plus === filter.length - 1) return !topic.includes("/", plus);
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [index, want] of wanted.entries()) {
    if (want === "#") return true;
    if (index >= levels.length) return false;
    if (want !== "+" && want !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}
