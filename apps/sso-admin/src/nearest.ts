import { distanceOf } from './distance-of.js';

/** The candidate that a person most likely meant, or null when none is near: at most a third of it may differ. */
export function nearest(typed: string, candidates: readonly string[]): string | null {
  let best: { readonly candidate: string; readonly distance: number } | null = null;
  for (const candidate of candidates) {
    const distance = distanceOf(typed.toLowerCase(), candidate.toLowerCase());
    if (distance > Math.max(1, Math.floor(candidate.length / 3))) continue;
    if (best === null || distance < best.distance) best = { candidate, distance };
  }
  return best?.candidate ?? null;
}

/** ` Did you mean "…"?`, or nothing. */
export function suggest(typed: string, candidates: readonly string[]): string {
  const candidate = nearest(typed, candidates);
  return candidate === null ? '' : ` Did you mean "${candidate}"?`;
}
