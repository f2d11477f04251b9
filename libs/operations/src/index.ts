export {
  OPERATION_EVENT_TYPES,
  operations,
  type OperationEvent,
  type ParkedEventDiscarded,
  type ReadModelSwitched,
} from './operation.events.js';
export { OperationRecorder } from './operation-recorder.js';
