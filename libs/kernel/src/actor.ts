/** Who did it, and in which role: stored with every event. */
export interface Actor {
  readonly id: string;
  readonly role: string;
}
