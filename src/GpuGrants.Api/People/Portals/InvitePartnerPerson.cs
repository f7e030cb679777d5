using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Partners;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People.Portals;

/// <summary>Mails a code by which whom a partner signs up confirms. Whoever confirmed stays as they are.</summary>
internal sealed class InvitePartnerPerson : Command<PartnerPersonEntered>
{
    public required Guid PartnerId { get; init; }

    public required string ExternalId { get; init; }

    /// <summary>The row that the endpoint found; null for none.</summary>
    public required Guid? KnownId { get; init; }

    /// <summary>Makes the proof for a row, at the moment of the decision.</summary>
    public required Func<PartnerPerson, DateTimeOffset, AddressProof> Prove { get; init; }

    /// <summary>Writes the letter, sealed, for a proof.</summary>
    public required Func<Guid, byte[]> Letter { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<Partner>().Want(new RowKey(PartnerId));
        if (KnownId is { } known)
            batch.Rows<PartnerPerson>().Want(new RowKey(known));
    }

    public override void Plan(BatchState batch) => PlanAhead(batch);

    public override Outcome<PartnerPersonEntered> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (batch.Rows<Partner>().Find(new RowKey(PartnerId)) is not { Status: "active" })
            return Refusal.Conflict("partner-not-active", "The partner is suspended or closed.");
        var row = KnownId is { } id ? batch.Rows<PartnerPerson>().Find(new RowKey(id))! : null;
        if (row is { Vouched: true })
            return Refusal.Conflict("person-vouched", "The partner vouches for this person. Leave the address out.", "email");
        if (row is { Status: PartnerPerson.Active })
            return new PartnerPersonEntered(row, IsNew: false);
        var isNew = row is null;
        row ??= PartnerPeople.New(batch, Actor, PartnerId, ExternalId, null);
        if (isNew)
        {
            batch.Rows<PartnerPerson>().Insert(row);
            PartnerPeople.RecordEvent(batch, Actor, row, PartnerPersonEvents.Added);
        }
        else if (row.Status == PartnerPerson.Removed)
        {
            (row.Status, row.RemovedAt) = (PartnerPerson.Waiting, null);
            PartnerPeople.Changed(batch, Actor, row, PartnerPersonEvents.Added);
        }

        var proof = Prove(row, at);
        batch.Rows<AddressProof>().Insert(proof);
        Outbox.Put(batch, Letter(proof.Id), at);
        return new PartnerPersonEntered(row, isNew, proof.Id);
    }
}
