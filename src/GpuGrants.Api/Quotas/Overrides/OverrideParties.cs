using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Independence;

namespace GpuGrants.Api.Quotas.Overrides;

/// <summary>Whom an override benefits: its subject, and everybody whom the subject stands for.</summary>
internal static class OverrideParties
{
    /// <summary>Wants what <see cref="Of"/> reads: an id may be that of a project, a programme or a person.</summary>
    public static void Plan(BatchState batch, SubjectId subject)
    {
        if (IdOf(subject) is not { } id)
            return;
        batch.Rows<Project>().Want(new RowKey(id));
        batch.Rows<Programme>().Want(new RowKey(id));
        batch.Table<Belongings>().Want(id);
    }

    public static IReadOnlyList<Party> Of(BatchState batch, TreeChanges tree, Guid policyId, SubjectId subject)
    {
        var scope = tree.Config.Quotas.Compiled.Rules.FirstOrDefault(rule => rule.Policy.PolicyId == policyId)?.Policy.ScopeProgrammeId;
        if (IdOf(subject) is not { } id)
            return [subject == SubjectId.All ? Party.OrganizationsThatAsked(scope) : Party.OrganizationsOfKind(subject.ToString())];
        var parties = new List<Party> { Party.Person(id), Party.Organization(id), Party.Partner(id) };
        if (batch.Rows<Project>().Find(new RowKey(id)) is { } project)
            parties.Add(Party.Organization(project.OrganizationId));
        parties.AddRange(
            batch
                .Table<Belongings>()
                .Of(id)
                .Where(one => one is { Kind: PartyKind.Organization, Until: null })
                .Select(one => Party.Organization(one.Id))
        );
        if (batch.Rows<Programme>().Find(new RowKey(id)) is { } programme)
        {
            parties.Add(Party.OrganizationsThatAsked(id));
            parties.Add(Party.Programme(programme.Path, PathOf(tree, scope)));
        }

        return parties;
    }

    private static IReadOnlyList<Guid> PathOf(TreeChanges tree, Guid? programme) =>
        programme is { } id && tree.Config.Programmes.TryGetValue(id, out var config) ? config.Path : [];

    private static Guid? IdOf(SubjectId subject) => Guid.TryParseExact(subject.ToString(), "D", out var id) ? id : null;
}
