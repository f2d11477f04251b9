/** A JSON Schema as OpenAPI 3.1 has it, as far as it is used here. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly enum?: readonly (string | null)[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: string;
  readonly $ref?: string;
}

export const TEXT: Schema = { type: 'string' };
export const TEXT_OR_NULL: Schema = { type: ['string', 'null'] };
export const INTEGER: Schema = { type: 'integer' };
export const FLAG: Schema = { type: 'boolean' };
export const DATE: Schema = { type: 'string', format: 'date' };
export const INSTANT: Schema = { type: 'string', format: 'date-time' };
export const MINOR: Schema = { type: 'string', pattern: '^-?[0-9]+$', description: 'Minor units (fen for CNY)' };
export const POSITION: Schema = { type: 'string', pattern: '^-?[0-9]+$', description: 'A position in the event store' };
/** Described in words only. */
export const ANY_OBJECT: Schema = { type: 'object', additionalProperties: true };

/** An object of which all fields are always there. */
export function objectOf(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, required: Object.keys(properties) };
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}
