-- Contract: the visits of a visitor hold all of their events: those that name a visit or have a
--     moment.
-- Returns: visitors whose events and visits differ in number, or in when they began and ended.
-- Reads only. $1 is how many are shown.
with

visits as (

    select
        facts.source,
        facts.visitor_id,
        sum(facts.event_count) as event_count,
        min(facts.started_at) as started_at,
        max(facts.ended_at) as ended_at
    from warehouse.fact_web_sessions as facts
    group by
        facts.source,
        facts.visitor_id

),

named as (

    -- A visit without any moment is none.
    select
        facts.*,
        max(facts.occurred_at) over (
            partition by facts.source, facts.visitor_id, facts.session_id
        ) as last_at
    from warehouse.fact_web_events as facts

),

events as (

    select
        named.source,
        named.visitor_id,
        count(*) as event_count,
        min(named.occurred_at) as started_at,
        max(named.occurred_at) as ended_at
    from named
    where
        num_nonnulls(named.session_id, named.occurred_at) > 0
        and named.last_at is not null
    group by
        named.source,
        named.visitor_id

),

offenders as (

    select
        concat_ws(
            ' ',
            coalesce(events.source, visits.source),
            coalesce(events.visitor_id, visits.visitor_id)
        ) as offender
    from events
    full join visits
        on
            events.source = visits.source
            and events.visitor_id = visits.visitor_id
    where
        (events.event_count, events.started_at, events.ended_at)
        is distinct from (visits.event_count, visits.started_at, visits.ended_at)

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
