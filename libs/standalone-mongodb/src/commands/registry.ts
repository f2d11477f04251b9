import type { Doc } from '../bson/document.js';
import type { CommandContext } from './context.js';

export type Command = (context: CommandContext) => Promise<Doc> | Doc;
