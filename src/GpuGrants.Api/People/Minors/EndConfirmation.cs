using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People.Minors;

/// <summary>Withdraws a confirmation that holds.</summary>
internal sealed class EndConfirmation : Command<MinorConfirmationView>
{
    public required Guid ConfirmationId { get; init; }

    public required Guid PersonId { get; init; }

    public override void Plan(BatchState batch)
    {
        batch.Rows<MinorConfirmation>().Want(new RowKey(ConfirmationId));
        Confirmations.Plan(batch, PersonId);
    }

    public override Outcome<MinorConfirmationView> Decide(BatchState batch)
    {
        var row = batch.Rows<MinorConfirmation>().Find(new RowKey(ConfirmationId))!;
        if (row.EndedAt is not null || batch.Rows<PersonRow>().Find(new RowKey(PersonId)) is not { } person)
            return Refusal.Conflict("confirmation-ended", "The confirmation has ended already.");
        Confirmations.End(batch, Actor, person, MinorConfirmation.Withdrawn);
        return MinorConfirmationView.Of(row);
    }
}
