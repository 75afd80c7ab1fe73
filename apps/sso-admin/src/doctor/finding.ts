/** One thing that `doctor` looked at. */
export interface Finding {
  /** Which check; part of the JSON, so renaming one is a breaking change. */
  readonly check:
    | 'entitlement'
    | 'enforcement'
    | 'domain'
    | 'connection'
    | 'client-secret'
    | 'discovery'
    | 'users'
    | 'products'
    | 'email-unmatchable'
    | 'email-collides'
    | 'identity-held'
    | 'recent-sign-ins';
  /** `problem`: it stops users from signing in. `note`: worth knowing. */
  readonly level: 'ok' | 'note' | 'problem';
  readonly message: string;
  /** What to do; null when there is nothing to do. */
  readonly advice: string | null;
}
