using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Independence;

namespace GpuGrants.Api.Access.Principals;

/// <summary>A role whose holder would decide what several people have to agree to.</summary>
/// <param name="change">Who gets which role.</param>
/// <param name="name">The name of whoever gets it.</param>
/// <param name="clients">The clients that the role widens.</param>
/// <param name="held">Assignments of the very role that the principal has by now.</param>
public sealed class ProposedRole(RoleChange change, string name, IReadOnlyList<Guid> clients, IReadOnlyList<Guid> held) : IProposedChange
{
    public void Plan(BatchState batch, Actor actor)
    {
        foreach (var client in clients)
            batch.Rows<ApiClient>().Want(new RowKey(client));
        change.Newcomer()?.Plan(batch, actor);
        if (change.PrincipalId is not { } id)
            return;
        batch.Rows<PersonRow>().Want(new RowKey(id));
        foreach (var role in held)
            batch.Rows<RoleAssignment>().Want(new RowKey(role));
    }

    /// <summary>Who gets the role: nobody agrees to their own.</summary>
    public IReadOnlyList<Party> Parties(BatchState batch) => change.PrincipalId is { } id ? [Party.Person(id)] : [];

    public Outcome<ChangeMade> Apply(BatchState batch, Actor actor)
    {
        if (change.IsProgram)
            return Memberships.RefuseProgram(null);
        if (change.PrincipalId is { } id && batch.Rows<PersonRow>().Find(new RowKey(id)) is { Status: PersonRow.Erased })
            return Refusal.Conflict(
                "invitation-void",
                "The person has left meanwhile. Reject the proposal, and invite them anew if they return."
            );
        if (held.Any(role => batch.Rows<RoleAssignment>().Find(new RowKey(role)) is not null))
            return Refusal.Conflict("role-held", "The principal has got this role meanwhile. Reject the proposal.");
        var member = Memberships.Add(batch, actor, change, name, change.Newcomer(), null, clients);
        return new ChangeMade(member.PrincipalId, member);
    }
}
