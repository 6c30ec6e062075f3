/** Plays bursts with Web Audio: a harmonic tone for a baby's alarms, a hollow one for technical alarms. */
import type { Burst } from "./schedule";

const ATTACK_S = 0.012;
const RELEASE_S = 0.03;
const PLAIN_LEVEL = 0.55;
const LOUDER = 1.7;

export class Synthesis {
  private readonly master: GainNode;
  private readonly voices: Readonly<Record<"baby" | "technical", PeriodicWave>>;
  private current: GainNode | null = null;

  constructor(readonly context: AudioContext) {
    const limiter = new DynamicsCompressorNode(context, { threshold: -6, ratio: 12, attack: 0.002 });
    this.master = new GainNode(context, { gain: 1 });
    this.master.connect(limiter).connect(context.destination);
    const wave = (strengths: number[]): PeriodicWave =>
      context.createPeriodicWave(new Float32Array(strengths.length), new Float32Array(strengths));
    this.voices = {
      baby: wave([0, 1, 0.6, 0.45, 0.3, 0.2, 0.1]),
      technical: wave([0, 1, 0, 0.7, 0, 0.5, 0, 0.35, 0, 0.2]),
    };
  }

  /** Start a burst now, ending one that still plays. `volume` is 0–1. */
  play(burst: Burst, volume: number): void {
    this.cut();
    const start = this.context.currentTime + 0.02;
    const level = Math.min(1, PLAIN_LEVEL * volume * (burst.louder ? LOUDER : 1));
    const group = new GainNode(this.context, { gain: level });
    group.connect(this.master);
    this.current = group;
    for (const pulse of burst.pulses) {
      const voice = new OscillatorNode(this.context, { frequency: pulse.pitch });
      voice.setPeriodicWave(this.voices[burst.technical ? "technical" : "baby"]);
      const envelope = new GainNode(this.context, { gain: 0 });
      const from = start + pulse.at;
      const to = from + pulse.length;
      envelope.gain.setValueAtTime(0, from);
      envelope.gain.linearRampToValueAtTime(1, from + ATTACK_S);
      envelope.gain.setValueAtTime(1, to - RELEASE_S);
      envelope.gain.linearRampToValueAtTime(0, to);
      voice.connect(envelope).connect(group);
      voice.start(from);
      voice.stop(to + 0.01);
    }
  }

  /** Silence what plays, without a click. */
  cut(): void {
    const group = this.current;
    if (!group) return;
    this.current = null;
    group.gain.setTargetAtTime(0, this.context.currentTime, 0.01);
    setTimeout(() => group.disconnect(), 100);
  }
}
