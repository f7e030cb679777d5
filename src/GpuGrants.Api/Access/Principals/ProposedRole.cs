using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Independence;

namespace GpuGrants.Api.Access.Principals;

/// <summary>A role whose holder would decide what several people have to agree to.</summary>
/// <param name="change">Who gets which role.</param>
/// <param name="name">The name of whoever gets it.</param>
/// <param name="clients">The clients that the role widens.</param>
public sealed class ProposedRole(RoleChange change, string name, IReadOnlyList<Guid> clients) : IProposedChange
{
    public void Plan(BatchState batch)
    {
        foreach (var client in clients)
            batch.Rows<ApiClient>().Want(new RowKey(client));
    }

    /// <summary>Who gets the role: nobody agrees to their own.</summary>
    public IReadOnlyList<Party> Parties(BatchState batch) => change.PrincipalId is { } id ? [Party.Person(id)] : [];

    public Outcome<ChangeMade> Apply(BatchState batch, Actor actor)
    {
        var member = Memberships.Add(batch, actor, change, name, change.Newcomer(), null, clients);
        return new ChangeMade(member.PrincipalId, member);
    }
}
