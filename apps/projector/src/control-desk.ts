import { OperationRecorder } from '#libs/operations';
import { ControlDesk, Operator, registerBuilds, type Folding } from '#libs/projection-engine';
import type { Runtime } from '#libs/runtime';
import { projections } from '#projections';

/** What is asked of the process that folds: builds of read models, parked events. */
export function controlDesk(runtime: Runtime, { fence, hold }: Folding, say: (line: string) => void): ControlDesk {
  const store = runtime.readStore.withFence(fence);
  const shop = { store, source: runtime.eventStore, projections };
  const operator = new Operator({
    ...shop,
    upcast: (event) => runtime.upcasters.dataOf(event),
    log: new OperationRecorder(runtime.eventStore, runtime.upcasters),
    hold,
    fence: () => fence,
  });
  const prepare = (): Promise<void> => registerBuilds(shop, { by: 'projector', fence });
  return new ControlDesk({ requests: store.requests, operator, say, prepare, fence });
}
