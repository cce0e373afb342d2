import type { Clock, Timer } from "../clock";
import { asOneNetError, OneNetError } from "../errors";
import { loginPauseMs, retryDelayMs } from "./backoff";
import { FailureStreak } from "./failure-streak";
import { FlapDetector } from "./flap-detector";
import type { LinkEvents, LinkState, LoginLog } from "./link-state";
import { clockError, connackError, isClockPlausible, loginOptions } from "./login";
import { MqttSession } from "./mqtt-session";
import type { ConnectionProfile } from "./profile";
import { profileLabel } from "./profile";
import type { InboundMessage, SessionEnd, SessionEvents } from "./session";
import type { Subscriptions } from "./subscriptions";

export type { LinkEvents, LinkState, LoginLog } from "./link-state";

const CLOCK_WATCH_MS = 5000;

/**
 * Keeps one connection up: logs in, subscribes, and when it ends says why and logs in again, at the pace that
 * the failure allows. It never gives up and is never silent: every failure becomes a state with its error.
 */
export class Link implements SessionEvents {
  readonly #profile: ConnectionProfile;
  readonly #subscriptions: Subscriptions;
  readonly #events: LinkEvents;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #log: LoginLog;
  readonly #flaps: FlapDetector;
  readonly #streak = new FailureStreak();
  #session: MqttSession | undefined;
  #state: LinkState = { phase: "connecting" };
  /** What came after CONNACK and before SUBACK: it may ask for an answer that cannot be sent yet. */
  #early: InboundMessage[] = [];
  #retry: Timer | undefined;
  #loginTimer: Timer | undefined;
  #clockWatch: Timer | undefined;
  #logins = 0;
  #timesOnline = 0;

  constructor(
    profile: ConnectionProfile,
    subscriptions: Subscriptions,
    events: LinkEvents,
    log: LoginLog,
    clock: Clock,
    random: () => number,
  ) {
    this.#profile = profile;
    this.#subscriptions = subscriptions;
    this.#events = events;
    this.#log = log;
    this.#clock = clock;
    this.#random = random;
    this.#flaps = new FlapDetector(profile.platform === "simulator" ? "simulator" : profile.kind, clock);
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Logins that were sent, successful or not. */
  get logins(): number {
    return this.#logins;
  }

  /** Times it came online again after it had been. */
  get reconnections(): number {
    return Math.max(0, this.#timesOnline - 1);
  }

  start(): void {
    this.#retryIn(this.#loginPause());
    this.#setState({ phase: "connecting" });
  }

  /** There is no connection until {@link start}: what it needs is not to be had. */
  refuse(problem: OneNetError): void {
    if (this.#state.phase === "closed") return;
    this.#retry?.cancel();
    this.#drop();
    this.#setState({ phase: "refused", problem });
  }

  /** Drops the connection, if there is one, and logs in again as soon as the login pace allows. */
  reconnect(): void {
    if (this.#state.phase === "closed" || this.#state.phase === "refused") return;
    this.#drop();
    this.start();
  }

  #drop(): void {
    const session = this.#session;
    this.#leaveSession();
    this.#events.down(false);
    void session?.close();
  }

  /** Says DISCONNECT and ends; nothing is called afterwards. */
  async close(): Promise<void> {
    this.#stop();
    await this.#session?.close();
  }

  /** The same for the exit of the process: nothing asynchronous. */
  closeNow(): void {
    this.#stop();
    this.#session?.sayDisconnectNow();
  }

  #stop(): void {
    this.#state = { phase: "closed" };
    this.#retry?.cancel();
    this.#loginTimer?.cancel();
    this.#clockWatch?.cancel();
  }

  #leaveSession(): void {
    this.#subscriptions.logout();
    this.#session = undefined;
    this.#early = [];
    this.#loginTimer?.cancel();
  }

  #setState(state: LinkState): void {
    this.#state = state;
    this.#events.stateChanged(state);
  }

  #loginPause(): number {
    if (this.#profile.kind !== "device") return 0;
    return loginPauseMs(this.#log.lastLoginMs, this.#clock.monotonicMs(), this.#random());
  }

  #retryIn(delayMs: number): void {
    this.#retry?.cancel();
    this.#retry = this.#clock.startTimer(delayMs, () => this.#open());
  }

  #open(): void {
    this.#retry = undefined;
    const nowMs = this.#clock.nowMs();
    try {
      const options = loginOptions(this.#profile, nowMs);
      this.#watchClock(nowMs);
      const session = new MqttSession(options, this, this.#clock);
      this.#session = session;
      this.#watchLogin(session);
    } catch (thrown) {
      this.#fail(asOneNetError(thrown));
    }
  }

  /** MQTT.js waits for a CONNACK only: here for all that it takes to be ready. */
  #watchLogin(session: MqttSession): void {
    const { endpoint, connectTimeoutMs } = this.#profile;
    const { host, port } = endpoint;
    const timeoutSeconds = connectTimeoutMs / 1000;
    this.#loginTimer = this.#clock.startTimer(connectTimeoutMs, () => {
      session.cut(new OneNetError("ONENET_UNREACHABLE.timeout", { host, port, timeoutSeconds }));
    });
  }

  /** Called by the session. A CONNECT that was sent counts as a login, whatever becomes of it; a refused socket does not. */
  loggingIn(): void {
    this.#logins += 1;
    this.#log.lastLoginMs = this.#clock.monotonicMs();
  }

  /** Called by the session. The reply topics stand before the first publish: a reply without a subscription is gone. */
  online(): void {
    const session = this.#session;
    if (session === undefined) return;
    const isCurrent = () => this.#session === session && this.#state.phase !== "closed";
    this.#subscriptions.login(session).then(
      () => {
        if (isCurrent()) this.#goOnline(session);
      },
      // A connection that ended meanwhile has been reported by its own end.
      (thrown) => {
        if (isCurrent()) session.cut(asOneNetError(thrown));
      },
    );
  }

  /** Called by the session. */
  message(message: InboundMessage): void {
    if (this.#state.phase === "online") this.#subscriptions.dispatch(message);
    else this.#early.push(message);
  }

  #goOnline(session: MqttSession): void {
    this.#loginTimer?.cancel();
    this.#loginTimer = undefined;
    this.#flaps.online();
    this.#timesOnline += 1;
    const nowMs = this.#clock.nowMs();
    const isClockNeeded = this.#profile.kind === "device";
    const warning = isClockNeeded && !isClockPlausible(nowMs) ? { warning: clockError(nowMs) } : {};
    this.#setState({ phase: "online", ...warning });
    if (this.#session !== session) return;
    this.#events.up(session);
    const early = this.#early;
    this.#early = [];
    for (const message of early) this.#subscriptions.dispatch(message);
  }

  /** Called by the session. */
  down(end: SessionEnd): void {
    const wasOnline = this.#state.phase === "online";
    this.#leaveSession();
    const isPublishToBlame = this.#events.down(wasOnline && end.closedByPeer);
    const isKick = wasOnline && end.closedByPeer && !isPublishToBlame;
    const kicks = wasOnline ? this.#flaps.ended(isKick, end.takenOver) : 0;
    const { returnCode } = end;
    if (kicks > 0) {
      this.#fail(new OneNetError("ONENET_KICKED", { device: profileLabel(this.#profile), times: kicks }));
    } else if (returnCode !== undefined) {
      this.#fail(connackError(returnCode, this.#profile, this.#clock.nowMs()));
    } else this.#fail(end.error);
  }

  #fail(problem: OneNetError): void {
    const wasHealthy = this.#state.phase === "online";
    const failure = this.#streak.add(problem.code, wasHealthy, this.#clock.monotonicMs());
    const retryInMs = Math.max(retryDelayMs(failure, this.#random()), this.#loginPause());
    // First the timer: whoever hears of the state may close the link.
    this.#retryIn(retryInMs);
    this.#setState({ phase: "waiting", problem, retryInMs });
  }

  /** A login made with a wrong clock is made again when the clock is set. */
  #watchClock(loginAtMs: number): void {
    this.#clockWatch?.cancel();
    if (this.#profile.kind !== "device" || isClockPlausible(loginAtMs)) return;
    const look = () => {
      if (isClockPlausible(this.#clock.nowMs())) this.reconnect();
      else this.#clockWatch = this.#clock.startTimer(CLOCK_WATCH_MS, look, true);
    };
    this.#clockWatch = this.#clock.startTimer(CLOCK_WATCH_MS, look, true);
  }
}
