namespace GpuGrants.Api.Sweeps;

/// <summary>Rows of one kind that are over and are deleted once an hour, in slices.</summary>
/// <param name="Sql">Deletes a slice: those that were over at <c>$1</c>, at most <c>$2</c> of them. A row that somebody may begin again
/// is locked as it is found, or passed over.</param>
/// <param name="KeptFor">How long they are kept after they are over.</param>
internal sealed record OverRows(string Sql, Func<SweepOptions, TimeSpan> KeptFor)
{
    /// <summary>What the sweep deletes, in this order.</summary>
    public static IReadOnlyList<OverRows> All { get; } =
    [
        // A clock that ran ahead must not cause a call to run twice. By the database's time, every key lives for at least a day.
        new(
            Of("idempotency_keys", "created_at < least($1, now() - interval '24 hours')"),
            options => TimeSpan.FromHours(options.IdempotencyHours)
        ),
        // A code that has expired is explained for an hour; then it was never there. Invitations, and attempts to prove a domain, are
        // listed for longer.
        new(Of("address_proofs", "expires_at < $1 and purpose <> 'invitation'"), _ => TimeSpan.FromHours(1)),
        new(Of("address_proofs", "expires_at < $1"), _ => TimeSpan.FromDays(30)),
        new(Of("domain_proofs", "proved_at is null and expires_at < $1"), _ => TimeSpan.FromDays(30)),
        // A clock that runs behind must not forget a token that lives. By provider, because the table's index begins with it.
        new(
            "delete from grant_tokens where ctid = any (array(select gone.place from providers p cross join lateral ("
                + "select t.ctid as place from grant_tokens t where t.provider_id = p.id and t.expires_at < $1 limit $2 "
                + "for update skip locked) gone limit $2))",
            _ => TimeSpan.FromHours(2)
        ),
        // What says from where somebody called is personal, and of use for as long.
        new(Of("caller_addresses", "since < $1"), _ => TimeSpan.FromDays(90)),
        // No limit's window is longer.
        new(Of("call_windows", "began_at < $1", " for update skip locked"), _ => TimeSpan.FromDays(2)),
        new(Of("mails", "status <> 'pending' and ended_at < $1"), _ => TimeSpan.FromDays(7)),
    ];

    private static string Of(string table, string condition, string locking = "") =>
        $"delete from {table} where ctid = any (array(select ctid from {table} where {condition} limit $2{locking}))";
}
