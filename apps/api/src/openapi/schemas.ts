import { shapeOf, type ObjectShape, type RequestClass, type Shape } from '../http/request-shape.js';
import type { Schema } from './schema-types.js';

/** The schema of a request class, without the fields that the address gives. */
export function schemaOf(type: RequestClass, without: ReadonlySet<string> = new Set()): Schema {
  return objectSchema(shapeOf(type), without);
}

export function schemaOfShape(shape: Shape): Schema {
  switch (shape.kind) {
    case 'object':
      return objectSchema(shape, new Set());
    case 'list':
      return {
        type: 'array',
        items: schemaOfShape(shape.items),
        ...(shape.minItems > 0 && { minItems: shape.minItems }),
      };
    case 'string': {
      const { kind: _, values, ...limits } = shape;
      return { type: 'string', ...(values && { enum: values }), ...limits };
    }
    case 'integer':
      return {
        type: 'integer',
        maximum: Number.MAX_SAFE_INTEGER,
        ...(shape.minimum !== undefined && { minimum: shape.minimum }),
      };
  }
}

function objectSchema({ properties }: ObjectShape, without: ReadonlySet<string>): Schema {
  const own = [...properties].filter(([name]) => !without.has(name));
  const required = own.filter(([, property]) => property.required).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(own.map(([name, { shape }]) => [name, schemaOfShape(shape)])),
    additionalProperties: false,
    ...(required.length > 0 && { required }),
  };
}
