using BitFaster.Caching.Lru;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Quotas.Headroom;

/// <summary>
/// Where an organization stands. One query reads headroom from cached configuration. If the versions or the organization's row that it
/// returns differ from the cache, or a hold may be over that nobody has ended yet, the service falls back to a dry run.
/// </summary>
public sealed class HeadroomReader(NpgsqlDataSource database, BatchRunner runner, Questions questions, TimeProvider clock)
{
    private const int MaxKnown = 100_000;

    private readonly ConcurrentLru<Guid, Organization> _organizations = new(MaxKnown);

    private readonly SharedReads<HeadroomQuestion, HeadroomRows> _reads = new(
        asked => HeadroomRows.ReadAsync(database, asked),
        new() { Refusal = "Too many questions wait for an answer. Try again in a second." },
        clock
    );

    /// <summary>Null when there is no such organization or programme.</summary>
    public async Task<HeadroomView?> ReadAsync(
        TreeId tree,
        Guid programmeId,
        Guid organizationId,
        Actor actor,
        CancellationToken cancellation
    )
    {
        var config = runner.ConfigOf(tree);
        if (
            config.IsFolded
            && !runner.Reviews.MayBeOver(clock.GetUtcNow())
            && config.Programmes.TryGetValue(programmeId, out var programme)
            && _organizations.TryGet(organizationId, out var guess)
        )
        {
            var at = clock.GetUtcNow();
            var seen = SeenOrganization.Of(guess, at);
            var match = config.Quotas.Compiled.MatchSubject(PresentContext.Of(tree, programme.Path, seen, null, Asker.Of(actor), at));
            var question = new HeadroomQuestion(tree, organizationId, [.. match.Keys.Select(key => (key.Tree, key.Subject)).Distinct()]);
            var rows = await _reads.ReadAsync(question, cancellation);
            if (Proves(rows, question, config, seen, at))
                return View(match, rows, question, programmeId);
        }

        var outcome = await questions.DecideAsync(
            new ReadHeadroom
            {
                Tree = tree,
                Actor = actor,
                ProgrammeId = programmeId,
                OrganizationId = organizationId,
                Seen = Know,
            },
            cancellation
        );
        return outcome.TryGet(out var view, out _) ? view : null;
    }

    private HeadroomView View(QuotaMatch match, HeadroomRows rows, HeadroomQuestion question, Guid programmeId)
    {
        // Never before the tree's latest decision.
        var at = clock.GetUtcNow();
        if (rows.Tree(question.Tree) is { } tree && tree.LastAt > at)
            at = tree.LastAt;
        var evaluations = QuotaDecision.HeadroomOf(match, rows.CountersOf(question), at);
        return HeadroomView.Of(question.OrganizationId, programmeId, at, evaluations);
    }

    private void Know(Organization organization) => _organizations.AddOrUpdate(organization.Id, organization);

    /// <summary>Whether the configuration and the organization are those by which the counters were chosen.</summary>
    private static bool Proves(
        HeadroomRows rows,
        HeadroomQuestion question,
        TreeConfig config,
        in SeenOrganization seen,
        DateTimeOffset at
    ) =>
        rows.Tree(question.Tree)?.ConfigVersion == config.Version
        && rows.Tree(TreeId.Platform)?.ConfigVersion == config.PlatformConfigVersion
        && rows.Organization(question.OrganizationId) is { } row
        && SeenOrganization.Of(row, at) == seen;
}
