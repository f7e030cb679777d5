using GpuGrants.Api.Access;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People;

/// <summary>Mails a code if somebody has the address. A proof is made in any case, so that nothing tells the difference.</summary>
internal sealed class StartRecovery : Command<CodeSentView>
{
    public required string Identity { get; init; }

    public required string Code { get; init; }

    public required Proofs Proofs { get; init; }

    public required Outbox Outbox { get; init; }

    public override void PlanAhead(BatchState batch) => batch.Rows<Identity>().Want(RowKey.Of(Identity));

    public override void Plan(BatchState batch) => NewPerson.Plan(batch, Identity);

    public override Outcome<CodeSentView> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        var proof = Proofs.Make(Guid.CreateVersion7(at), AddressProof.Recovery, Identity, Code, new { }, at);
        batch.Rows<AddressProof>().Insert(proof);
        if (Find(batch) is { } person)
            Outbox.Put(batch, Outbox.Seal(Letters.Recovery(person.Email!, person.Language!, Code)), at, person.Id);
        return new CodeSentView
        {
            Id = proof.Id,
            ExpiresAt = proof.ExpiresAt,
            Next = $"If somebody signed up with the address, a code is on its way. Send it: POST /v1/recoveries/{proof.Id}/confirm.",
        };
    }

    private PersonRow? Find(BatchState batch) =>
        batch.Rows<Identity>().Find(RowKey.Of(Identity)) is { Until: null } known
        && batch.Rows<Principal>().Find(new RowKey(known.PersonId)) is { Status: "active" }
        && batch.Rows<PersonRow>().Find(new RowKey(known.PersonId)) is { Status: PersonRow.Active } person
            ? person
            : null;
}
