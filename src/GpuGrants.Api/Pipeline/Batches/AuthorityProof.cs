using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Submissions;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>
/// Proves inside the transaction that the callers of a batch may still do what their endpoints judged. Of a caller whose authority changed
/// since, nothing is decided: the endpoint judges again.
/// </summary>
/// <remarks>
/// Authority changes in three ways: a principal or client that was committed with another version, a consent that was, and what an earlier
/// command of the same batch changed.
/// </remarks>
/// <param name="submissions">Whose callers to prove.</param>
/// <param name="at">The moment at which clients and consents must not be over.</param>
internal sealed class AuthorityProof(IReadOnlyList<Submission> submissions, DateTimeOffset at)
{
    private readonly ChangedCallers _callers = new(submissions, at);

    // Only batches with a partner that acts for somebody pay for it.
    private readonly ChangedConsents? _consents = submissions.Any(one => one.Command.Actor.Acting is not null)
        ? new(submissions, at)
        : null;

    /// <summary>Adds what has to be read under the locks.</summary>
    public void AddReads(List<IBatchReads> reads)
    {
        if (_callers.HasWants)
            reads.Add(_callers);
        if (_consents is not null)
            reads.Add(_consents);
    }

    /// <summary>Whether the caller's authority changed since the endpoint judged it.</summary>
    /// <param name="actor">The caller.</param>
    /// <param name="changed">Of whom earlier commands of the batch changed something.</param>
    public bool HasChanged(Actor actor, HashSet<Guid> changed) =>
        _callers.Has(actor) || _consents?.Has(actor) == true || HasChangedHere(actor, changed);

    private static bool HasChangedHere(Actor actor, HashSet<Guid> changed) =>
        changed.Count > 0
        && actor.Authority is not null
        && (
            changed.Contains(actor.PrincipalId)
            || changed.Contains(actor.Person)
            || actor.Acting is { } acting && (changed.Contains(acting.ConsentId) || changed.Contains(acting.GiverId))
        );

    /// <summary>Principals and clients that are no longer as they were judged.</summary>
    private sealed class ChangedCallers : IBatchReads
    {
        private readonly DateTimeOffset _at;
        private readonly HashSet<JudgedActor> _judged = [];
        private HashSet<JudgedActor>? _changed;

        public ChangedCallers(IReadOnlyList<Submission> submissions, DateTimeOffset at)
        {
            _at = at;
            foreach (var one in submissions)
                if (JudgedActor.Of(one.Command.Actor) is { } judged)
                    _judged.Add(judged);
        }

        public bool HasWants => _judged.Count > 0;

        public bool Has(Actor actor) => _changed is not null && JudgedActor.Of(actor) is { } judged && _changed.Contains(judged);

        public NpgsqlBatchCommand Read() => Authority.FindChanged(_judged, _at);

        public async Task ReceiveAsync(NpgsqlDataReader reader)
        {
            while (await reader.ReadAsync())
                (_changed ??= []).Add(Authority.Read(reader));
        }
    }

    /// <summary>Consents that are no longer as they were judged.</summary>
    private sealed class ChangedConsents(IReadOnlyList<Submission> submissions, DateTimeOffset at) : IBatchReads
    {
        private readonly List<Acting> _judged = [.. submissions.Select(one => one.Command.Actor.Acting).OfType<Acting>().Distinct()];
        private readonly HashSet<(Guid Consent, long Version, long GiverVersion)> _changed = [];

        public bool HasWants => true;

        public bool Has(Actor actor) =>
            actor.Acting is { } acting && _changed.Contains((acting.ConsentId, acting.ConsentVersion, acting.GiverVersion));

        public NpgsqlBatchCommand Read() => Acting.FindChanged(_judged, at);

        public async Task ReceiveAsync(NpgsqlDataReader reader)
        {
            while (await reader.ReadAsync())
                _changed.Add(Acting.Read(reader));
        }
    }
}
