import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { ReadReq } from '@eventstore/db-client/generated/persistent_pb.js';
import { invalidArgument } from '../errors.js';
import type { Consumer } from '../persistent/consumer.js';
import { keyOf } from '../persistent/group-config.js';
import type { Group, NackAction } from '../persistent/group.js';
import type { Groups } from '../persistent/groups.js';
import type { EventLog } from '../store/event-log.js';
import type { LogReader } from '../store/log-reader.js';
import { ProtobufWriter, fieldLength } from '../wire/protobuf.js';
import { canonicalUuid, uuidOfHalves } from '../wire/uuid.js';
import { EventPresenter } from './event-presenter.js';
import type { Outlet, Outlets } from './outlet.js';
import { sourceNameOf } from './persistent-requests.js';

const DEFAULT_BUFFER_SIZE = 10;
/** By the number of the action in the protocol; 0 is unknown, which is taken as retry. */
const NACK_ACTIONS: readonly NackAction[] = ['retry', 'park', 'retry', 'skip', 'stop'];

interface Uuid {
  hasStructured(): boolean;
  getStructured(): { getMostSignificantBits(): string; getLeastSignificantBits(): string } | undefined;
  getString(): string;
}

/** PersistentSubscriptions.Read: the first message names the group, the later ones are verdicts on events. */
export class PersistentReadCall {
  private readonly outlet: Outlet;
  private connection: [Group, Consumer] | undefined;

  constructor(
    private readonly groups: Groups,
    private readonly log: EventLog,
    private readonly reader: LogReader,
    private readonly call: ServerDuplexStream<ReadReq, Buffer>,
    outlets: Outlets,
  ) {
    this.outlet = outlets.outletOf(call);
    this.outlet.signal.addEventListener('abort', () => this.leave());
    call.on('data', (request: ReadReq) => {
      try {
        this.receive(request);
      } catch (error) {
        this.outlet.fail(error);
      }
    });
    call.on('end', () => this.outlet.end());
  }

  private receive(request: ReadReq): void {
    const options = request.getOptions();
    if (options !== undefined) return this.connect(options);
    if (this.connection === undefined) throw invalidArgument('the first message must name the group');
    const [group] = this.connection;
    const nack = request.getNack();
    group.ack((request.getAck()?.getIdsList() ?? []).map(textOf));
    if (nack === undefined) return;
    const action = NACK_ACTIONS[nack.getAction()] ?? 'retry';
    group.nack(nack.getIdsList().map(textOf), action, nack.getReason());
  }

  private connect(options: ReadReq.Options): void {
    if (this.connection !== undefined) throw invalidArgument('the group has been named before');
    const stream = sourceNameOf(options.getStreamIdentifier(), options.hasAll());
    const structuredIds = options.getUuidOption()?.hasString() !== true;
    const presenter = new EventPresenter(this.log, this.reader, { resolveLinks: true, structuredIds });
    const name = options.getGroupName();
    const connectionName = this.call.metadata.get('connection-name')[0]?.toString() ?? '<unknown>';
    const connection = this.groups.connect(stream, name, {
      connectionName,
      from: this.call.getPeer(),
      bufferSize: options.getBufferSize() > 0 ? options.getBufferSize() : DEFAULT_BUFFER_SIZE,
      confirm: () => void this.outlet.send(confirmation(keyOf(stream, name))),
      send: ({ event, link, retryCount }) => {
        const taken = this.outlet.send(presenter.encode(event, link, retryCount));
        if (!taken) void this.outlet.drained().then(() => this.connection?.[0].drained(this.connection[1]));
        return taken;
      },
      drop: (error) => this.outlet.fail(error),
    });
    this.connection = connection;
    if (this.outlet.closed) this.leave();
  }

  private leave(): void {
    const connection = this.connection;
    this.connection = undefined;
    connection?.[0].disconnect(connection[1]);
  }
}

function textOf(uuid: Uuid): string {
  const structured = uuid.hasStructured() ? uuid.getStructured() : undefined;
  if (structured === undefined) return canonicalUuid(uuid.getString());
  return uuidOfHalves(BigInt(structured.getMostSignificantBits()), BigInt(structured.getLeastSignificantBits()));
}

/** `ReadResp { subscription_confirmation { subscription_id } }` */
function confirmation(subscriptionId: string): Buffer {
  const id = Buffer.from(subscriptionId);
  const writer = new ProtobufWriter(Buffer.allocUnsafe(fieldLength(fieldLength(id.length))));
  writer.open(0x12, fieldLength(id.length));
  writer.bytes(0x0a, id);
  return writer.buffer;
}
