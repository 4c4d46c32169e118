/** What is known about the running call, for those who want to know. */
import type { ComponentChildren } from "preact";
import type { CallInfo, CallView, DirectionInfo } from "../api/views.ts";
import { Fingerprint } from "../parts/fingerprint.tsx";
import { Icon } from "../parts/icon.tsx";
import { clock } from "../parts/time.ts";
import { infoOpen } from "../store/calls.ts";
import { contacts } from "../store/contacts.ts";
import { text } from "../text/mod.ts";
import { pathKind } from "./call_stage.tsx";

export function InfoPanel({ call }: { call: CallView }) {
  const words = text.info;
  return (
    <aside class="info" aria-label={words.title}>
      <header class="info-head">
        <h2>{words.title}</h2>
        <button
          type="button"
          class="button-icon"
          aria-label={text.common.close}
          onClick={() => infoOpen.value = false}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="info-scroll" tabIndex={0} role="region" aria-label={words.title}>
        {call.info === null
          ? <p class="hint">{words.waiting}</p>
          : <Facts call={call} info={call.info} />}
        <Section title={words.sound}>
          <p class="hint">{words.noSound}</p>
        </Section>
      </div>
    </aside>
  );
}

function Facts({ call, info }: { call: CallView; info: CallInfo }) {
  const words = text.info;
  const mutual = contacts.value.get(call.contact)?.trust.mutual ?? false;
  return (
    <>
      <Section title={words.security}>
        <Fact name={words.suite}>
          <code>{info.suite}</code>
        </Fact>
        <Fact name={words.mutual}>
          <Mark good={mutual} yes={words.complete} no={words.incomplete} />
        </Fact>
        <Fact name={words.compared}>
          <Mark good={info.verified} yes={words.comparedYes} no={words.comparedNo} />
        </Fact>
        <Fact name={words.tags}>
          <Mark good={info.tags.verified} yes={words.tagsYes} no={words.tagsNo} />
        </Fact>
        <Fact name={words.tagLocal}>
          <Tag value={info.tags.local} />
        </Fact>
        <Fact name={words.tagRemote}>
          <Tag value={info.tags.remote} />
        </Fact>
        <Fact name={words.fingerprintLocal} wide>
          <Fingerprint value={info.fingerprints.local} />
        </Fact>
        <Fact name={words.fingerprintRemote} wide>
          <Fingerprint value={info.fingerprints.remote} />
        </Fact>
      </Section>
      <Section title={words.path}>
        <Fact name={words.kind}>
          {info.path === null ? words.unknown : pathKind(info.path.kind)}
        </Fact>
        {info.path !== null && (
          <>
            <Fact name={words.rtt}>
              {info.path.rttMs === null ? words.unknown : words.ms(info.path.rttMs)}
            </Fact>
            <Fact name={words.from}>
              <code>{info.path.local}</code>
            </Fact>
            <Fact name={words.to}>
              <code>{info.path.remote}</code>
            </Fact>
          </>
        )}
        <Fact name={words.strays} hint={words.strayHint}>{info.strays}</Fact>
      </Section>
      <Direction title={words.receiving} figures={info.receive} opened />
      <Direction title={words.sending} figures={info.send} />
      <Section title={words.events}>
        {info.securityEvents.length === 0
          ? <p class="hint">{words.noEvents}</p>
          : (
            <ul class="events">
              {info.securityEvents.map((event) => (
                <li key={`${event.at} ${event.code}`}>
                  <time>{clock(event.at)}</time> <span dir="auto">{event.message}</span>
                </li>
              ))}
            </ul>
          )}
      </Section>
    </>
  );
}

function Direction(
  { title, figures, opened = false }: { title: string; figures: DirectionInfo; opened?: boolean },
) {
  const words = text.info;
  const { latencyMs } = figures;
  return (
    <Section title={title}>
      <Fact name={words.rate}>{words.perSecond(figures.fps)}</Fact>
      <Fact name={words.bitrate}>{words.kbps(figures.kbps)}</Fact>
      <Fact name={words.latency} hint={words.latencyHint}>
        {latencyMs === null ? words.unknown : words.latencyValue(latencyMs.p50, latencyMs.p95)}
      </Fact>
      <Fact name={words.frames}>{figures.frames}</Fact>
      <Fact name={words.dropped}>{figures.dropped}</Fact>
      {opened && <Fact name={words.openFailures}>{figures.openFailures}</Fact>}
    </Section>
  );
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="info-section">
      <h3>{title}</h3>
      <div class="info-facts">{children}</div>
    </section>
  );
}

interface FactProps {
  name: string;
  hint?: string;
  /** The value takes a line of its own. */
  wide?: boolean;
  children: ComponentChildren;
}

function Fact({ name, hint, wide = false, children }: FactProps) {
  return (
    <div class={wide ? "fact fact-wide" : "fact"}>
      <span class="fact-name" title={hint}>{name}</span>
      <span class="fact-value">{children}</span>
    </div>
  );
}

function Mark({ good, yes, no }: { good: boolean; yes: string; no: string }) {
  return (
    <span class={good ? "mark mark-good" : "mark mark-open"}>
      <Icon name={good ? "check" : "alert"} size="s" />
      {good ? yes : no}
    </span>
  );
}

function Tag({ value }: { value: string | null }) {
  return value === null ? <>{text.info.unknown}</> : <bdi class="tag" title={value}>{value}</bdi>;
}
