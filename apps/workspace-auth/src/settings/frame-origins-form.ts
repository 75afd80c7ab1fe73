/**
 * @module
 * The form of the CRM pages: what was typed, and what came of it. One origin a line, and an instance of a CRM whose
 * origins are added.
 */
import { CRM_PRESET_IDS, type FrameOriginsOutcome, type RefusedFrameOrigin } from '@ipscape/sso-core';
import type { Workspace } from '../workspace-context.js';
import type { Act } from './require-actor.js';

export interface FrameOriginsState {
  /** As typed. */
  readonly text: string;
  readonly crm: string;
  readonly instance: string;
  /** The list that the form showed when it was typed in. */
  readonly seen: readonly string[];
  /** Sentences about the list, each with its line. */
  readonly originErrors: readonly string[];
  readonly instanceError: string | null;
  /** What somebody else made of the list in the meantime, or null. */
  readonly theirs: readonly string[] | null;
}

export type SavedFrameOrigins =
  | { readonly notice: string }
  | { readonly frameOrigins: FrameOriginsState; readonly status: 400 | 409 };

export function initialFrameOrigins(origins: readonly string[]): FrameOriginsState {
  const text = origins.join('\n');
  return { text, crm: '', instance: '', seen: origins, originErrors: [], instanceError: null, theirs: null };
}

export async function saveFrameOrigins(
  act: Act,
  form: Readonly<Record<string, string>>,
  { settings }: Workspace,
): Promise<SavedFrameOrigins> {
  const { frameOrigins: text = '', crm: typedCrm = '', crmInstance: instance = '', seenOrigins = '' } = form;
  const lines = linesOf(text);
  const crm = CRM_PRESET_IDS.find((id) => id === typedCrm);
  const crms = instance.trim() === '' || crm === undefined ? [] : [{ crm, instance }];
  const seen = linesOf(seenOrigins).map(([, origin]) => origin);
  const state = { ...initialFrameOrigins(seen), text, crm: crm ?? '', instance };
  if (instance.trim() !== '' && crm === undefined) {
    return { frameOrigins: { ...state, instanceError: 'Choose the CRM that this is the name for.' }, status: 400 };
  }
  const saved = await settings.setFrameOrigins({ ...act, origins: lines.map(([, origin]) => origin), crms, seen });
  switch (saved.outcome) {
    case 'invalid':
      return { frameOrigins: { ...state, ...errorsOf(saved, lines) }, status: 400 };
    case 'conflict':
      return { frameOrigins: { ...state, seen: saved.current, theirs: saved.current }, status: 409 };
    case 'saved':
      return { notice: noticeOf(saved.origins.length, saved.added.length + saved.removed.length > 0) };
  }
}

type Line = readonly [number: number, origin: string];

/** Without empty ones and the spaces around, which nobody means. */
function linesOf(text: string): readonly Line[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line, index) => [index + 1, line.trim()] as const)
    .filter(([, origin]) => origin !== '');
}

type Invalid = Extract<FrameOriginsOutcome, { readonly outcome: 'invalid' }>;

function errorsOf({ origins, crms }: Invalid, lines: readonly Line[]) {
  const sentence = (index: number, { message, suggestion }: RefusedFrameOrigin): string => {
    const [number] = lines[index] ?? [];
    const place = number === undefined ? '' : `Line ${number}: `;
    return `${place}${message}${suggestion === undefined ? '' : ` Perhaps you mean ${suggestion}`}`;
  };
  return {
    originErrors: Array.from(origins, ([index, refusal]) => sentence(index, refusal)),
    instanceError: crms.get(0) ?? null,
  };
}

function noticeOf(count: number, isChanged: boolean): string {
  if (!isChanged) return 'Nothing was changed: the CRM pages are in force as they stand.';
  if (count === 0) return 'Saved: no page may show the CTI Adaptor in a frame any more.';
  return `Saved: ${count} ${count === 1 ? 'CRM page' : 'CRM pages'} may show the CTI Adaptor.`;
}
