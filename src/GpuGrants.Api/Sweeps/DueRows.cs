using GpuGrants.Api.Codes;
using GpuGrants.Api.Grants;
using GpuGrants.Api.Ledger.Transfers;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Partners.Consents;
using GpuGrants.Api.People;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Quotes;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Trees;

namespace GpuGrants.Api.Sweeps;

/// <summary>Rows of one kind whose time has come, and the command that each of them gets.</summary>
/// <param name="Sql">The tree and id of each that is due at <c>$1</c>, the earliest first, at most <c>$2</c> of them.</param>
/// <param name="EndAsync">Gives the pipeline the command for one row. Its result is what the command was refused for; null when it was
/// carried out.</param>
internal sealed record DueRows(string Sql, Func<DecisionPipeline, TreeId, Guid, CancellationToken, Task<Refusal?>> EndAsync)
{
    private static readonly string Scheduled = RowMap.Of<Grant>().Literal(row => row.Status, GrantStatus.Scheduled);
    private static readonly string Active = RowMap.Of<Grant>().Literal(row => row.Status, GrantStatus.Active);
    private static readonly string Suspended = RowMap.Of<Grant>().Literal(row => row.Status, GrantStatus.Suspended);
    private static readonly string Ending = RowMap.Of<Grant>().Literal(row => row.Status, GrantStatus.Ending);
    private static readonly string InReview = RowMap.Of<Request>().Literal(row => row.Status, RequestStatus.InReview);

    /// <summary>What each sweep looks for, in this order.</summary>
    public static IReadOnlyList<DueRows> Always { get; } =
    [
        // Reviews that nobody decided in time.
        Of(
            Due("requests", $"status = {InReview}", "hold_expires_at"),
            (tree, id) =>
                new CloseRequest
                {
                    Tree = tree,
                    Actor = Actor.Service,
                    RequestId = id,
                    Closing = Closing.Expired,
                }
        ),
        // Scheduled grants whose start has come.
        Of(
            Due("grants", $"status = {Scheduled}", "starts_at"),
            (tree, id) =>
                new StartGrant
                {
                    Tree = tree,
                    Actor = Actor.Service,
                    GrantId = id,
                }
        ),
        // Active and suspended grants apart, because each has an index of its own.
        Expired(Active),
        Expired(Suspended),
        // Grants that ended a settlement period ago.
        Of(
            Due("grants", $"status = {Ending}", "settles_at"),
            (tree, id) =>
                new SettleGrant
                {
                    Tree = tree,
                    Actor = Actor.Service,
                    GrantId = id,
                    IsFinal = false,
                }
        ),
        // Holds that were made by hand. Those of requests end with their reviews.
        Of(
            Due("holds", "ended_by is null and request_id is null", "expires_at"),
            (tree, id) =>
                new ExpireHold
                {
                    Tree = tree,
                    Actor = Actor.Service,
                    HoldId = id,
                }
        ),
        // Quotes that nobody used. Decisions let them expire too. The sweep frees what a tree without decisions has pinned.
        Of(
            Due("quotes", $"status = '{QuoteStatus.Open}'", "expires_at"),
            (tree, id) =>
                new ExpireQuote
                {
                    Tree = tree,
                    Actor = Actor.Service,
                    QuoteId = id,
                }
        ),
        Of(
            OnPlatform("address_proofs", "purpose = 'invitation' and used_at is null and withdrawn_at is null and lapsed_at is null"),
            (tree, id) =>
                new LapseInvitation
                {
                    Tree = tree,
                    Actor = Actor.Service,
                    InvitationId = id,
                }
        ),
        // Batches of codes whose time is over, or whose programme ended.
        Of(
            "select b.root_programme_id, b.id from code_batches b where b.status = 'active' and (b.redeem_by <= $1 or exists (select from "
                + "programmes p where p.id = b.programme_id and p.status = 'ended')) order by b.redeem_by limit $2",
            (tree, id) =>
                new EndCodes
                {
                    Tree = tree,
                    Actor = Actor.Service,
                    BatchId = id,
                }
        ),
        Of(
            OnPlatform("consents", "status = 'active'"),
            (tree, id) =>
                new LapseConsent
                {
                    Tree = tree,
                    Actor = Actor.Service,
                    ConsentId = id,
                }
        ),
    ];

    /// <summary>What a sweep looks for once an hour, in this order.</summary>
    public static IReadOnlyList<DueRows> Hourly { get; } =
    [
        // Reserved GPUs are charged once a day, and when their grant ends.
        Of(
            ChargeReserved.Sql,
            (tree, id) =>
                new ChargeReserved
                {
                    Tree = tree,
                    Actor = Actor.Service,
                    GrantId = id,
                }
        ),
        // Hours of tranches that passed and were delivered to nobody. A day's hours go back when the day is over.
        Of(
            ReturnUndelivered.Sql,
            (tree, id) =>
                new ReturnUndelivered
                {
                    Tree = tree,
                    Actor = Actor.Service,
                    OfferId = id,
                }
        ),
        // Grants that expire soon. Hourly, because it looks at all grants of the days to come: an index of those that nobody was told of
        // would cost every award.
        Of(
            $"select root_programme_id, id from grants where status = {Active} and expires_at <= $1 + interval '72 hours' "
                + "and expiry_warned_at is null and expires_at - least(interval '72 hours', (expires_at - starts_at) / 4) <= $1 "
                + "order by expires_at limit $2",
            (tree, id) =>
                new WarnOfExpiry
                {
                    Tree = tree,
                    Actor = Actor.Service,
                    GrantId = id,
                }
        ),
    ];

    private static DueRows Expired(string status) =>
        Of(
            Due("grants", $"status = {status}", "expires_at"),
            (tree, id) =>
                new EndGrant
                {
                    Tree = tree,
                    Actor = Actor.Service,
                    GrantId = id,
                    EndedAs = GrantEnd.Expired,
                }
        );

    private static DueRows Of<TResult>(string sql, Func<TreeId, Guid, Command<TResult>> command) =>
        new(sql, async (pipeline, tree, id, cancellation) => (await pipeline.ExecuteAsync(command(tree, id), cancellation)).Refusal);

    private static string Due(string table, string condition, string moment) =>
        $"select root_programme_id, id from {table} where {condition} and {moment} <= $1 order by {moment} limit $2";

    private static string OnPlatform(string table, string condition) =>
        $"select '{TreeId.Platform.Value}'::uuid, id from {table} where {condition} and expires_at <= $1 order by expires_at limit $2";
}
