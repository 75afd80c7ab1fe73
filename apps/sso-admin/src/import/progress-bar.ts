import type { AdminIo } from '../admin-io.js';

export interface ProgressBar {
  /** Draws at most ten times a second, and only for a person. */
  update(doneBytes: number): Promise<void>;
  /** Replaces the bar by a few words, for work without a measure. */
  say(text: string): Promise<void>;
  /** Leaves an empty line to write on. */
  clear(): Promise<void>;
}

const INTERVAL_MS = 100;
const MAX_WIDTH = 40;

/** A bar by bytes on the terminal; nothing at all when `io` is not one. */
export function createProgressBar(io: AdminIo, totalBytes: number): ProgressBar {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let isDrawn = false;

  async function draw(text: string): Promise<void> {
    if (!io.isTerminal) return;
    isDrawn = true;
    await io.err(`\r${text.slice(0, Math.max(io.columns - 1, 10))}\u001b[K`);
  }

  return {
    async update(doneBytes) {
      const now = performance.now();
      if (now - drawnAt < INTERVAL_MS) return;
      drawnAt = now;
      const part = totalBytes === 0 ? 1 : Math.min(doneBytes / totalBytes, 1);
      const width = Math.min(MAX_WIDTH, Math.max(io.columns - 20, 5));
      const filled = Math.round(part * width);
      await draw(`Reading [${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${Math.floor(part * 100)} %`);
    },
    say: draw,
    async clear() {
      if (!isDrawn) return;
      isDrawn = false;
      await io.err('\r\u001b[K');
    },
  };
}
