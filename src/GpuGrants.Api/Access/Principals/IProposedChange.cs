using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Independence;

namespace GpuGrants.Api.Access.Principals;

/// <summary>A kind of change that waits for several people, and what puts it into effect.</summary>
public interface IProposedChange
{
    /// <summary>Wants the rows that the change needs.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="actor">Who approves it now.</param>
    void Plan(BatchState batch, Actor actor);

    /// <summary>Whom it benefits.</summary>
    IReadOnlyList<Party> Parties(BatchState batch);

    /// <summary>Makes the change as its last approval comes, by what holds at that moment.</summary>
    Outcome<ChangeMade> Apply(BatchState batch, Actor actor);
}

/// <summary>What a change made.</summary>
/// <param name="Id">The override or the principal; null when it made none.</param>
/// <param name="Member">Who has a role now; null for other changes.</param>
public sealed record ChangeMade(Guid? Id, MemberView? Member = null);
