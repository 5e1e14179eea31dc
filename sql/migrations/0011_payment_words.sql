-- What shops call the states of payments and orders, in one place for all rules.
create function production.is_payment_made(status text) returns boolean
language sql immutable parallel safe
return coalesce(
    lower(trim(status)) not in (
        'failed', 'declined', 'refused', 'pending', 'unpaid', 'authorized', 'authorised',
        'cancelled', 'canceled', 'voided', 'expired', 'error'
    ),
    true
);

comment on function production.is_payment_made(text) is
'Whether money moved; where a source has no states of payments, it did';

create function production.is_due_later(payment_method text) returns boolean
language sql immutable parallel safe
return coalesce(
    lower(trim(payment_method)) in (
        'cash on delivery', 'cod', 'pay on delivery', 'invoice', 'on account'
    ),
    false
);

comment on function production.is_due_later(text) is
'Whether an order is paid after it was sent';

create function production.is_unpaid_yet(status text, payment_method text) returns boolean
language sql immutable parallel safe
return coalesce(
    lower(trim(status)) in (
        'pending', 'created', 'new', 'open', 'on hold', 'on_hold', 'awaiting payment'
    ),
    false
)
or (
    production.is_due_later(payment_method)
    and coalesce(
        lower(trim(status)) not in ('completed', 'complete', 'delivered', 'closed'), false
    )
);

comment on function production.is_unpaid_yet(text, text) is
'Whether an order of this state and method may still be unpaid, in whole or in part';
