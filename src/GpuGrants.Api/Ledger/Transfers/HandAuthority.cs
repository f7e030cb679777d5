using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Trees;

namespace GpuGrants.Api.Ledger.Transfers;

/// <summary>
/// Whose credits a caller may move by hand: platform administrators all that move by hand; a programme's administrators what is in the
/// budgets of
/// their programmes, to budgets of the same tree or to breakage.
/// </summary>
/// <param name="IsPlatform">Whether the caller is a platform administrator.</param>
/// <param name="Programmes">The programmes that the caller administers; those below them count too.</param>
public sealed record HandAuthority(bool IsPlatform, IReadOnlySet<Guid> Programmes)
{
    public static HandAuthority Of(Caller caller) =>
        new(caller.IsPlatformAdministrator, caller.With(Roles.ProgrammeAdministrator).ToHashSet());

    /// <summary>Whether it may move from one account to the other. An account that does not exist belongs to nobody.</summary>
    internal bool Covers(TreeChanges tree, AccountName? debit, AccountName? credit)
    {
        if (IsPlatform)
            return true;
        return debit is { Kind: AccountKind.Budget } from
            && credit is { Kind: AccountKind.Budget or AccountKind.Breakage }
            && tree.Config.Programmes.TryGetValue(from.OwnerId, out var programme)
            && programme.Path.Any(Programmes.Contains);
    }
}
