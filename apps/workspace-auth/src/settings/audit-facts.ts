export type Fact = string | number | boolean | readonly string[];

/** Details of an audit event as plain facts; what is none becomes its JSON text. */
export function toFacts(details: Readonly<Record<string, unknown>>): Readonly<Record<string, Fact>> {
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, toFact(value)]));
}

function toFact(value: unknown): Fact {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.map(String) : JSON.stringify(value);
}
